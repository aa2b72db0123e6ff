/** What is moved byte by byte before the next mark is searched for. */
const nearby = 48;

/** Moves what comes before the next mark, a byte, forward in the same bytes to `to`; gives where that mark is, or the end. */
export function moveUntil(mark: number, bytes: Buffer, from: number, to: number): number {
  const near = Math.min(from + nearby, bytes.length);
  let at = from;
  let length = to;
  for (; at < near; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === mark) return at;
    bytes[length] = byte;
    length += 1;
  }
  const found = bytes.indexOf(mark, at);
  const next = found === -1 ? bytes.length : found;
  bytes.copyWithin(length, at, next);
  return next;
}
