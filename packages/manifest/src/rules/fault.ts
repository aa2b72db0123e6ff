/** What is wrong with one value, without its place. */
export interface Fault {
  /** Kebab-case; the codes are listed in the README. */
  readonly code: string;
  readonly message: string;
  /** What to write instead. */
  readonly mend?: string;
}

/** Judges one value; undefined if nothing is wrong. Pure, in time linear to the value's length. */
export type FindFault<T> = (value: T) => Fault | undefined;
