import type { Output } from "./output.ts";
import { evenly, RangeDecoder } from "./range-decoder.ts";

// LZMA specification (Igor Pavlov, 2015-06-14), by whose names what follows goes.
const states = 12;
const literalStates = 7;
const positionStates = 16;
const lengthStates = 4;
const leastLength = 2;
const mostLength = 273;
const slotBits = 6;
const alignBits = 4;
const firstModelSlot = 4;
const lastModelSlot = 14;
const literalProbabilities = 0x300;
const mostLiteralCoders = 16;

// Where each kind of probability begins.
const isMatch = 0;
const isRep = isMatch + states * positionStates;
const isRepG0 = isRep + states;
const isRepG1 = isRepG0 + states;
const isRepG2 = isRepG1 + states;
const isRep0Long = isRepG2 + states;
const slots = isRep0Long + states * positionStates;
const special = slots + (lengthStates << slotBits);
const align = special + 115;
const matchLength = align + (1 << alignBits);
// Two choices, eight lengths in each of 16 states twice, and 256.
const lengthProbabilities = 2 + 2 * (positionStates << 3) + 256;
const repLength = matchLength + lengthProbabilities;
const literals = repLength + lengthProbabilities;

/** Decodes LZMA into an output. */
export class LzmaDecoder {
  readonly output: Output;
  readonly #coder = new RangeDecoder();
  readonly #probabilities = new Uint16Array(literals + mostLiteralCoders * literalProbabilities);
  /** By literal coder: since which reset its probabilities are right. Most of them are never asked after one, so that many resets cost little. */
  readonly #madeFor = new Uint32Array(mostLiteralCoders);
  #resets = 0;
  #literalContextBits = 0;
  #literalPositionMask = 0;
  #positionMask = 0;
  #state = 0;
  #rep0 = 0;
  #rep1 = 0;
  #rep2 = 0;
  #rep3 = 0;

  constructor(output: Output) {
    this.output = output;
  }

  /** Sets lc, lp and pb, and resets; false if they are none that LZMA2 knows. */
  setProperties(byte: number): boolean {
    const [contextBits, positionBits, stateBits] = [byte % 9, Math.floor(byte / 9) % 5, Math.floor(byte / 45)];
    if (stateBits > 4 || contextBits + positionBits > 4) return false;
    this.#literalContextBits = contextBits;
    this.#literalPositionMask = (1 << positionBits) - 1;
    this.#positionMask = (1 << stateBits) - 1;
    this.reset();
    return true;
  }

  reset(): void {
    this.#state = this.#rep0 = this.#rep1 = this.#rep2 = this.#rep3 = 0;
    this.#probabilities.fill(evenly, 0, literals);
    this.#resets += 1;
  }

  /** Decodes bytes from one place to another into exactly so many, for which there has to be room; whether that is what they are. */
  decode(bytes: Uint8Array, from: number, end: number, count: number): boolean {
    const [coder, output, probabilities] = [this.#coder, this.output, this.#probabilities];
    if (!coder.begin(bytes, from, end)) return false;
    const whole = output.length + count;
    while (output.length < whole) {
      const before = output.length;
      output.reserve(Math.min(mostLength, whole - output.length));
      const position = output.length - output.start & this.#positionMask;
      if (coder.bit(probabilities, isMatch + this.#state * positionStates + position) === 0) this.#literal();
      else {
        const length = coder.bit(probabilities, isRep + this.#state) === 0 ? this.#match(position) : this.#repetition(position);
        if (this.#rep0 >= output.length - output.start || length > whole - output.length) return false;
        output.repeat(this.#rep0 + 1, length);
      }
      // What was cut off may have been anything.
      if (coder.isPastEnd) {
        output.length = before;
        return false;
      }
    }
    return coder.isFinished();
  }

  #literal(): void {
    const [coder, output, probabilities] = [this.#coder, this.output, this.#probabilities];
    const position = output.length - output.start;
    const before = position === 0 ? 0 : output.bytes[output.length - 1] ?? 0;
    const index = ((position & this.#literalPositionMask) << this.#literalContextBits) + (before >> 8 - this.#literalContextBits);
    const base = literals + literalProbabilities * index;
    if (this.#madeFor[index] !== this.#resets) {
      probabilities.fill(evenly, base, base + literalProbabilities);
      this.#madeFor[index] = this.#resets;
    }
    let symbol = 1;
    if (this.#state >= literalStates) {
      // The byte that would have been repeated is none: its bits foretell until one differs.
      let match = output.bytes[output.length - this.#rep0 - 1] ?? 0;
      let offset = 0x100;
      while (symbol < 0x100) {
        match <<= 1;
        const matched = match & offset;
        const bit = coder.bit(probabilities, base + offset + matched + symbol);
        symbol = symbol << 1 | bit;
        offset = bit === 1 ? matched : offset & ~matched;
      }
    } else while (symbol < 0x100) symbol = symbol << 1 | coder.bit(probabilities, base + symbol);
    output.bytes[output.length] = symbol & 0xff;
    output.length += 1;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  // How long, with a new distance.
  #match(position: number): number {
    const length = this.#length(matchLength, position);
    this.#state = this.#state < literalStates ? 7 : 10;
    this.#rep3 = this.#rep2;
    this.#rep2 = this.#rep1;
    this.#rep1 = this.#rep0;
    this.#rep0 = this.#distance(Math.min(length - leastLength, lengthStates - 1));
    return length;
  }

  // How long, with one of the last four distances.
  #repetition(position: number): number {
    const [coder, probabilities, state] = [this.#coder, this.#probabilities, this.#state];
    const isLater = state >= literalStates;
    if (coder.bit(probabilities, isRepG0 + state) === 0) {
      if (coder.bit(probabilities, isRep0Long + state * positionStates + position) === 0) {
        this.#state = isLater ? 11 : 9;
        return 1;
      }
    } else {
      let distance = this.#rep1;
      if (coder.bit(probabilities, isRepG1 + state) === 1) {
        distance = this.#rep2;
        if (coder.bit(probabilities, isRepG2 + state) === 1) {
          distance = this.#rep3;
          this.#rep3 = this.#rep2;
        }
        this.#rep2 = this.#rep1;
      }
      this.#rep1 = this.#rep0;
      this.#rep0 = distance;
    }
    this.#state = isLater ? 11 : 8;
    return this.#length(repLength, position);
  }

  #length(base: number, position: number): number {
    const [coder, probabilities] = [this.#coder, this.#probabilities];
    const [low, middle, high] = [base + 2, base + 2 + (positionStates << 3), base + 2 + (positionStates << 4)];
    if (coder.bit(probabilities, base) === 0) return leastLength + coder.tree(probabilities, low + (position << 3), 3);
    if (coder.bit(probabilities, base + 1) === 0) return leastLength + 8 + coder.tree(probabilities, middle + (position << 3), 3);
    return leastLength + 16 + coder.tree(probabilities, high, 8);
  }

  // 0 is the byte just before. The mark of an end, which LZMA2 does not use, is farther than any.
  #distance(lengthState: number): number {
    const [coder, probabilities] = [this.#coder, this.#probabilities];
    const slot = coder.tree(probabilities, slots + (lengthState << slotBits), slotBits);
    if (slot < firstModelSlot) return slot;
    const bits = (slot >> 1) - 1;
    const distance = (2 | slot & 1) << bits >>> 0;
    if (slot < lastModelSlot) return distance + coder.reverseTree(probabilities, special + distance - slot, bits);
    return distance + (coder.direct(bits - alignBits) << alignBits >>> 0) + coder.reverseTree(probabilities, align, alignBits);
  }
}
