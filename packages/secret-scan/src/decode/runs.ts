/**
 * Calls `found` for each stretch of at least `least` bytes of the class. Looks at one byte in `least` where there is none.
 * @param member 1 for each byte of the class
 */
export function findRuns(bytes: Uint8Array, member: Uint8Array, least: number, found: (from: number, to: number) => void): void {
  let from = 0;
  while (from + least <= bytes.length) {
    let at = from + least - 1;
    while (at >= from && member[bytes[at] ?? 0] === 1) at -= 1;
    if (at >= from) {
      from = at + 1;
      continue;
    }
    let to = from + least;
    while (to < bytes.length && member[bytes[to] ?? 0] === 1) to += 1;
    found(from, to);
    from = to + 1;
  }
}
