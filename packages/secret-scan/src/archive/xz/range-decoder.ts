const probabilityBits = 11;
const moveBits = 5;
const topBits = 24;

/** What LZMA takes each bit for at the start: as likely 0 as 1 (LZMA specification, "The encoding of bits"). */
export const evenly = 1 << probabilityBits - 1;
const firstBytes = 5;

/** LZMA's range decoder: bits of which each is foretold by a probability, which it moves. Behind its end it reads zeros, and says so. */
export class RangeDecoder {
  #bytes: Uint8Array = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #range = 0;
  #code = 0;

  /** Goes on with the bytes from one place to another; false if they can't begin such a code. */
  begin(bytes: Uint8Array, from: number, end: number): boolean {
    if (end - from < firstBytes || bytes[from] !== 0) return false;
    this.#bytes = bytes;
    this.#at = from + firstBytes;
    this.#end = end;
    this.#range = 0xffff_ffff;
    this.#code = ((bytes[from + 1] ?? 0) << 24 | (bytes[from + 2] ?? 0) << 16 | (bytes[from + 3] ?? 0) << 8 | (bytes[from + 4] ?? 0)) >>> 0;
    return true;
  }

  /** Whether it has read past its end. */
  get isPastEnd(): boolean {
    return this.#at > this.#end;
  }

  /** Whether all bytes are read, and say nothing more. */
  isFinished(): boolean {
    this.#normalise();
    return this.#at === this.#end && this.#code === 0;
  }

  bit(probabilities: Uint16Array, index: number): number {
    this.#normalise();
    const probability = probabilities[index] ?? 0;
    const bound = (this.#range >>> probabilityBits) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      probabilities[index] = probability + ((1 << probabilityBits) - probability >> moveBits);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    probabilities[index] = probability - (probability >> moveBits);
    return 1;
  }

  /** So many bits, the highest first, each by those before it. */
  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let left = bits; left > 0; left -= 1) node = node << 1 | this.bit(probabilities, base + node);
    return node - (1 << bits);
  }

  /** So many bits, the lowest first, each by those before it. */
  reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let index = 0; index < bits; index += 1) {
      const bit = this.bit(probabilities, base + node);
      node = node << 1 | bit;
      value |= bit << index;
    }
    return value;
  }

  /** So many bits, the highest first, each as likely 0 as 1. */
  direct(bits: number): number {
    let value = 0;
    for (let left = bits; left > 0; left -= 1) {
      this.#normalise();
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value << 1 | bit;
    }
    return value;
  }

  #normalise(): void {
    if (this.#range >= 1 << topBits) return;
    this.#range = this.#range << 8 >>> 0;
    this.#code = (this.#code << 8 | (this.#at < this.#end ? this.#bytes[this.#at] ?? 0 : 0)) >>> 0;
    this.#at += 1;
  }
}
