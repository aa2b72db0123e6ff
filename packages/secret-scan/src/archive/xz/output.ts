const leastRoom = 4096;

/** What has been decompressed so far, which is also what is repeated from: no dictionary is held beside it. */
export class Output {
  /** As many bytes as there is room for now. */
  bytes: Buffer;
  /** Bytes that there are. */
  length = 0;
  /** Where what may be repeated begins. */
  start = 0;
  readonly #most: number;

  /** @param mostBytes that it ever holds */
  constructor(mostBytes: number) {
    this.#most = mostBytes;
    this.bytes = Buffer.allocUnsafe(Math.min(mostBytes, leastRoom));
  }

  /** Bytes that may still come. */
  get left(): number {
    return this.#most - this.length;
  }

  /** Makes room for so many bytes more, of which there have to be as many left. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.min(this.#most, Math.max(needed, 2 * this.bytes.length)));
    this.bytes.copy(wider, 0, 0, this.length);
    this.bytes = wider;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends so many bytes once more, from so far behind, which may be nearer than they are long. */
  repeat(distance: number, count: number): void {
    const { bytes, length } = this;
    if (distance >= count) bytes.copyWithin(length, length - distance, length - distance + count);
    else for (let at = length; at < length + count; at += 1) bytes[at] = bytes[at - distance] ?? 0;
    this.length = length + count;
  }

  /** What there is, without the room for more. */
  take(): Buffer {
    const { bytes, length } = this;
    return 2 * length < bytes.length ? Buffer.from(bytes.subarray(0, length)) : bytes.subarray(0, length);
  }
}
