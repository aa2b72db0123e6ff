/** A WebSocket frame as a client sends it (RFC 6455 5.2): masked, its length as short as can be. */
export function clientFrame(content: string | Uint8Array, options: { readonly opcode?: number; readonly isLast?: boolean; readonly mask?: Uint8Array } = {}): Buffer {
  const { opcode = 1, isLast = true, mask = Buffer.from("mask") } = options;
  const payload = Buffer.from(content);
  const masked = payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | opcode]), lengthOf(payload.length), mask, masked]);
}

function lengthOf(size: number): Buffer {
  if (size < 126) return Buffer.from([0x80 | size]);
  const bytes = Buffer.alloc(size < 0x1_0000 ? 3 : 9);
  bytes[0] = 0x80 | (size < 0x1_0000 ? 126 : 127);
  if (size < 0x1_0000) bytes.writeUInt16BE(size, 1);
  else bytes.writeBigUInt64BE(BigInt(size), 1);
  return bytes;
}
