import { createRedactor, type Redactor } from "@bottle/secret-scan/known";
import { type RawHeaders, valuesOf } from "./headers.ts";

const headBytes = 5;

/** Whether an answer is a sequence of gRPC messages. */
export function isGrpc(headers: RawHeaders): boolean {
  return valuesOf(headers, "content-type").some((type) => /^application\/grpc(?:\+[a-z]+)?\s*(?:;|$)/i.test(type));
}

/**
 * Hides values in gRPC messages (a flag, four bytes of length, then as many bytes; gRPC over HTTP/2, Length-Prefixed-Message), each
 * by itself, so that a whole message passes at once: the other side may wait for it before it sends more.
 * `push` throws for a compressed message, which could not be searched.
 */
export function redactMessages(secrets: readonly string[]): Redactor {
  const redactor = createRedactor(secrets);
  let head = Buffer.alloc(0);
  let left = 0;
  const push = (chunk: Uint8Array): Buffer => {
    const passed: Buffer[] = [];
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headBytes - head.length;
        head = Buffer.concat([head, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (head.length < headBytes) continue;
        if (head[0] !== 0) throw new Error("The upstream sent a compressed message, which cannot be searched.");
        left = head.readUInt32BE(1);
        passed.push(head);
        head = Buffer.alloc(0);
      } else {
        const part = rest.subarray(0, left);
        left -= part.length;
        rest = rest.subarray(part.length);
        passed.push(redactor.push(part));
        if (left === 0) passed.push(redactor.flush());
      }
    }
    return Buffer.concat(passed);
  };
  return {
    push,
    take: (chunk) => [push(chunk)],
    flush: () => Buffer.concat([redactor.flush(), head]),
  };
}
