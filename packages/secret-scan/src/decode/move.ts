/** What is copied byte by byte before the next mark is searched for. */
const nearby = 48;

/** Copies what comes before the next mark, a byte; gives where that is, or the end. */
export function copyUntil(mark: number, bytes: Uint8Array, from: number, out: Buffer, length: number): number {
  const near = Math.min(from + nearby, bytes.length);
  let at = from;
  let to = length;
  for (; at < near; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === mark) return at;
    out[to] = byte;
    to += 1;
  }
  const found = bytes.indexOf(mark, at);
  const next = found === -1 ? bytes.length : found;
  out.set(bytes.subarray(at, next), to);
  return next;
}
