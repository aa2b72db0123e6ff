import { Transform } from "node:stream";
import { redactFramed } from "./framed.ts";

/**
 * Hides values in an upstream's WebSocket frames (RFC 6455 5.2). A frame that is masked, has an extension's bits or a length beyond
 * all counting could not be searched, and no server may send one here: it ends the stream with an error.
 */
export function redactFrames(secrets: readonly string[]): Transform {
  const redactor = redactFramed(secrets, { headBytes, payloadBytes: searchable });
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let passed: Buffer;
      try {
        passed = redactor.push(chunk);
      } catch (error) {
        return done(error instanceof Error ? error : new Error(String(error)));
      }
      done(null, passed);
    },
  });
}

function searchable(head: Buffer): number {
  if (!isPlain(head) || !Number.isSafeInteger(payloadBytes(head))) throw new Error("The upstream sent a WebSocket frame that cannot be searched.");
  return payloadBytes(head);
}

function headBytes(head: Buffer): number {
  const length = (head[1] ?? 0) & 0x7f;
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0);
}

function isPlain(head: Buffer): boolean {
  return ((head[0] ?? 0) & 0x70) === 0 && ((head[1] ?? 0) & 0x80) === 0;
}

function payloadBytes(head: Buffer): number {
  const length = (head[1] ?? 0) & 0x7f;
  return length === 127 ? Number(head.readBigUInt64BE(2)) : length === 126 ? head.readUInt16BE(2) : length;
}
