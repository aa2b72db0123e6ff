/** What is wrong with one value, without its place. */
export interface Fault {
  /** Kebab-case; docs/stand-alone.md lists them. */
  readonly code: string;
  readonly message: string;
  /** What to write instead. */
  readonly mend?: string;
}

/** Judges one value; undefined if nothing is wrong. Pure. */
export type FindFault<T> = (value: T) => Fault | undefined;

/** A fault and the offset it is at. */
export interface PlacedFault extends Fault {
  readonly offset: number;
}
