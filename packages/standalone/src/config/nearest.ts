/** The candidate that was probably meant: fewest edits, at most a third of the word. Undefined if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const most = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates.map((candidate) => ({ candidate, edits: distance(fold(word), fold(candidate)) })).sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= most ? best.candidate : undefined;
}

// `tokenRef` and `token-ref` are the same word to a person.
function fold(word: string): string {
  return word.replace(/[a-z][A-Z]/g, (pair) => pair.split("").join("_")).toLowerCase().replaceAll("-", "_");
}

/** Levenshtein distance, swaps of neighbours counted once. */
function distance(a: string, b: string): number {
  let [older, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]),
        isSwap ? (older[j - 2] ?? 0) + 1 : Infinity));
    }
    [older, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
