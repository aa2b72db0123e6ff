import { Transform } from "node:stream";
import { createRedactor } from "@bottle/secret-scan/known";

/**
 * Hides values in an upstream's WebSocket frames (RFC 6455 5.2), each by itself, so that a whole frame passes at once. A frame
 * that is masked, has an extension's bits or a length beyond all counting could not be searched, and no server may send one here: it
 * ends the stream with an error.
 */
export function redactFrames(secrets: readonly string[]): Transform {
  const redactor = createRedactor(secrets);
  let head = Buffer.alloc(0);
  let left = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed: Buffer[] = [];
      let rest = chunk;
      while (rest.length > 0) {
        if (left === 0) {
          const missing = headLength(head) - head.length;
          head = Buffer.concat([head, rest.subarray(0, missing)]);
          rest = rest.subarray(missing);
          if (head.length < headLength(head)) continue;
          if (!isPlain(head) || !Number.isSafeInteger(payloadLength(head))) return done(new Error("The upstream sent a WebSocket frame that cannot be searched."));
          left = payloadLength(head);
          passed.push(head);
          head = Buffer.alloc(0);
        } else {
          const payload = rest.subarray(0, left);
          left -= payload.length;
          rest = rest.subarray(payload.length);
          passed.push(redactor.push(payload));
          if (left === 0) passed.push(redactor.flush());
        }
      }
      done(null, Buffer.concat(passed));
    },
  });
}

// As far as can be told from the bytes that are there.
function headLength(head: Buffer): number {
  const length = (head[1] ?? 0) & 0x7f;
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0);
}

function isPlain(head: Buffer): boolean {
  return ((head[0] ?? 0) & 0x70) === 0 && ((head[1] ?? 0) & 0x80) === 0;
}

function payloadLength(head: Buffer): number {
  const length = (head[1] ?? 0) & 0x7f;
  return length === 127 ? Number(head.readBigUInt64BE(2)) : length === 126 ? head.readUInt16BE(2) : length;
}
