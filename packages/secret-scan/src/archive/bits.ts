/** Bits in the order in which deflate and brotli have them: of each byte the lowest first. */
export interface Bits {
  /** So many bits as a number, the first the least (RFC 1951 §3.1.1, RFC 7932 §1.5); 0 behind the end. At most 24. */
  take(count: number): number;
  peek(count: number): number;
  skip(count: number): void;
  has(count: number): boolean;
  /** Goes on to where a byte begins; whether all until there are 0. */
  align(): boolean;
}

/** @param from the first bit */
export function createBits(bytes: Uint8Array, from = 0): Bits {
  let at = from;
  const peek = (count: number): number => {
    const byte = at >> 3;
    const word = (bytes[byte] ?? 0) | (bytes[byte + 1] ?? 0) << 8 | (bytes[byte + 2] ?? 0) << 16 | (bytes[byte + 3] ?? 0) << 24;
    return word >>> (at & 7) & (1 << count) - 1;
  };
  const take = (count: number): number => {
    const value = peek(count);
    at += count;
    return value;
  };
  return { peek, take, skip: (count) => void (at += count), has: (count) => at + count <= 8 * bytes.length, align: () => take(-at & 7) === 0 };
}
