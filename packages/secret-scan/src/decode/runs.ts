/** A stretch of bytes: the first, and the one after the last. */
export type Run = readonly [from: number, to: number];

/**
 * The stretches of at least `least` bytes of the class, in order. Looks at one byte in `least` where there is none.
 * @param member 1 for each byte of the class
 * @param within where to look, everywhere unless told
 */
export function findRuns(bytes: Uint8Array, member: Uint8Array, least: number, within: Run = [0, bytes.length]): readonly Run[] {
  const [begin, end] = within;
  const runs: Run[] = [];
  for (let from = begin; from + least <= end;) {
    let at = from + least - 1;
    while (at >= from && member[bytes[at] ?? 0] === 1) at -= 1;
    if (at >= from) {
      from = at + 1;
      continue;
    }
    let to = from + least;
    while (to < end && member[bytes[to] ?? 0] === 1) to += 1;
    runs.push([from, to]);
    from = to + 1;
  }
  return runs;
}
