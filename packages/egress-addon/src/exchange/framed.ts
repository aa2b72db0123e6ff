import { createRedactor, type Redactor } from "@bottle/secret-scan/known";

/** How frames that follow each other are told apart. */
export interface Framing {
  /** Bytes of a frame's head, as far as can be told from those that are there. */
  headBytes(head: Buffer): number;
  /** Bytes that follow a whole head. @throws Error for a frame that could not be searched */
  payloadBytes(head: Buffer): number;
}

/** Hides values in frames, each by itself, so that a whole frame passes at once: the other side may wait for it before it sends more. */
export function redactFramed(secrets: readonly string[], { headBytes, payloadBytes }: Framing): Redactor {
  const redactor = createRedactor(secrets);
  let head = Buffer.alloc(0);
  let left = 0;
  const push = (chunk: Uint8Array): Buffer => {
    const passed: Buffer[] = [];
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headBytes(head) - head.length;
        head = Buffer.concat([head, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (head.length < headBytes(head)) continue;
        left = payloadBytes(head);
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
    return Buffer.concat(passed);
  };
  return { push, take: (chunk) => [push(chunk)], flush: () => Buffer.concat([redactor.flush(), head]) };
}
