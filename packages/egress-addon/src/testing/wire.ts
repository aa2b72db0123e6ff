import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { TLSSocket } from "node:tls";

/** The types of HTTP/2 frames (RFC 9113 6). */
export const frameTypes = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, goaway: 7, window: 8, continuation: 9 } as const;
export const flags = { ack: 0x1, endStream: 0x1, endHeaders: 0x4 } as const;

/** One frame, as it was received. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** The bytes of one frame; nothing about it is checked. */
export function frame(type: number, options: { readonly flags?: number; readonly stream?: number; readonly payload?: Uint8Array } = {}): Buffer {
  const { payload = new Uint8Array() } = options;
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(options.flags ?? 0, 4);
  head.writeUInt32BE(options.stream ?? 0, 5);
  return Buffer.concat([head, payload]);
}

/** A header block whose fields are all literal, without indexing and Huffman coding (RFC 7541 6.2.2). */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** What opens a connection on the client's side: the preface and empty settings. */
export const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(frameTypes.settings)]);

/** The frames that a socket receives; read on as they come. */
export function framesOf(socket: TLSSocket): readonly Frame[] {
  const frames: Frame[] = [];
  let held = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const length = held.readUIntBE(0, 3);
      frames.push({ type: held.readUInt8(3), flags: held.readUInt8(4), stream: held.readUInt32BE(5) & 0x7fffffff, payload: Buffer.from(held.subarray(9, 9 + length)) });
      held = held.subarray(9 + length);
    }
  });
  return frames;
}

/** Writes at the other side's pace until all is out or the connection is closed; answers whether it was closed. */
export async function flood(socket: TLSSocket, bytes: (index: number) => Buffer, count: number): Promise<boolean> {
  socket.setMaxListeners(0);
  for (let index = 0; index < count && !socket.destroyed && socket.writable; index += 1) {
    if (!socket.write(bytes(index))) await Promise.race([once(socket, "drain").catch(() => {}), once(socket, "close").catch(() => {}), sleep(500)]);
  }
  for (let waitedMs = 0; waitedMs < 3_000 && !socket.destroyed && !socket.readableEnded; waitedMs += 20) await sleep(20);
  return socket.destroyed || socket.readableEnded;
}
