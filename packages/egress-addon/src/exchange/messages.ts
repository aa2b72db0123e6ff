import type { Redactor } from "@bottle/secret-scan/known";
import { redactFramed } from "./framed.ts";

const headBytes = 5;

/** Whether content of this type, or of these, is a sequence of gRPC messages. */
export function isGrpc(contentTypes: readonly string[]): boolean {
  return contentTypes.some((type) => /^application\/grpc(?:\+[a-z]+)?\s*(?:;|$)/i.test(type));
}

/**
 * Hides values in gRPC messages (a flag, four bytes of length, then as many bytes; gRPC over HTTP/2, Length-Prefixed-Message).
 * `push` throws for a compressed message, which could not be searched.
 */
export function redactMessages(secrets: readonly string[]): Redactor {
  return redactFramed(secrets, {
    headBytes: () => headBytes,
    payloadBytes: (head) => {
      if (head[0] !== 0) throw new Error("The upstream sent a compressed message, which cannot be searched.");
      return head.readUInt32BE(1);
    },
  });
}
