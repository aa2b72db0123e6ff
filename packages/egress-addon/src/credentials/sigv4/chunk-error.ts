/** A body that is not `aws-chunked`, or whose chunks are too large. */
export class ChunkError extends Error {
  override readonly name = "ChunkError";
  readonly isTooLarge: boolean;

  constructor(message: string, isTooLarge = false) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}
