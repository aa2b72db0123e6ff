/** A source of one secret value. */
export interface Source extends Disposable {
  /** The value now; undefined if there is none. Never blocks for longer than a small file takes. */
  read(): string | undefined;
  /** Resolves once the first value is there, or could not be had. Never rejects. */
  readonly ready: Promise<void>;
  /** Why there is no value, for the operator; never the value. */
  problem(): string | undefined;
}

/** A value as it is put to use: without the one line end that editors and programs add. Undefined if nothing is left. */
export function usable(text: string): string | undefined {
  return text.replace(/\r?\n$/, "") || undefined;
}
