/** Stands in until the other branch is here. */
export function normalise(text: string): string {
  return text.normalize("NFKC");
}
