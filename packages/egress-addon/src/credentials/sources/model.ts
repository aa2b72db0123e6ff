/**
 * Where the value of a token comes from: a variable of this process, a file, or what a command prints. `command` is run without
 * a shell; its value is used for `ttlSeconds` (300 if absent, at most a day), and it is given up after `timeoutSeconds` (30 if absent, at most 600).
 * One line's end after the value is cut off.
 */
export type TokenSource =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[]; readonly ttlSeconds?: number; readonly timeoutSeconds?: number };

/** A source in use. */
export interface OpenSource {
  read(): string | undefined | Promise<string | undefined>;
  /** Why the last read gave nothing. */
  problem(): string | undefined;
  close(): void | Promise<void>;
}

/** A value is at most this long, which holds every known kind of token with room to spare. */
export const largestValueBytes = 64 * 1024;

/** Text without one line's end after it; `undefined` if nothing is left. */
export function cutLineEnd(text: string): string | undefined {
  return text.replace(/\r?\n$/, "") || undefined;
}
