/** The head of a WebSocket frame from a client (RFC 6455 5.2). */
export interface FrameHead {
  readonly opcode: number;
  readonly isControl: boolean;
  /** The last, or the only one, of its message. */
  readonly isLast: boolean;
  readonly mask: Buffer;
  /** Bytes of the head, and of the payload. */
  readonly length: number;
  readonly size: number;
}

/** How much of a frame is needed to read on, in bytes from its beginning. */
export interface Short {
  readonly needed: number;
}

const knownOpcodes: readonly number[] = [0, 1, 2, 8, 9, 10];
const firstControl = 8;
const mostControlBytes = 125;

/** Continues the message that the frame before began. */
export const continuation = 0;

/**
 * Reads a frame's head; `undefined` for one that no client may send: unmasked, with an extension's bits, of an unknown opcode, a
 * length that could be written shorter, or a control frame that is long or in pieces (5.5).
 */
export function readFrameHead(bytes: Buffer): FrameHead | Short | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return { needed: 2 };
  const opcode = first & 0x0f;
  const isControl = opcode >= firstControl;
  const isLast = (first & 0x80) !== 0;
  if ((first & 0x70) !== 0 || (second & 0x80) === 0 || !knownOpcodes.includes(opcode)) return undefined;
  const short = second & 0x7f;
  if (isControl && (short > mostControlBytes || !isLast)) return undefined;
  const maskAt = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
  const length = maskAt + 4;
  if (bytes.length < length) return { needed: length };
  const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (size > Number.MAX_SAFE_INTEGER || (short === 127 && size < 0x1_0000) || (short === 126 && size < 126)) return undefined;
  return { opcode, isControl, isLast, mask: bytes.subarray(maskAt, length), length, size };
}

/** Bytes of a payload without the mask (5.3); `at` says how many of it came before. */
export function unmask(bytes: Uint8Array, mask: Uint8Array, at = 0): Buffer {
  const plain = Buffer.from(bytes);
  for (let index = 0; index < plain.length; index += 1) plain[index] = (plain[index] ?? 0) ^ (mask[(at + index) & 3] ?? 0);
  return plain;
}
