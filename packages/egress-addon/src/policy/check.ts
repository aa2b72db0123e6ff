/** Takes one problem of a route. */
export type Report = (problem: string) => void;

/** Whether a value from outside is an object with keys. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first key that is not among the known ones, quoted. It may have been meant to narrow something. */
export function unknownKey(value: object, known: readonly string[]): string | undefined {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  return unknown === undefined ? undefined : JSON.stringify(unknown);
}

/** Whether a value from outside is a list of which every item is fine. */
export function isListOf<T>(value: readonly T[], isFine: (item: T) => boolean): boolean {
  return Array.isArray(value) && value.every(isFine);
}
