import { generateKeyPairSync, sign } from "node:crypto";
import type { AuditRecord, CheckpointEvent } from "@bottle/manifest";
import { checkpointText } from "@bottle/manifest/state";

/** Makes checkpoints with a key of its own. */
export interface Seal {
  /** The public key: 32 bytes in base64url. */
  readonly key: string;
  sign(record: Omit<AuditRecord, "event">, options: { readonly isLast: boolean }): CheckpointEvent;
}

/** A seal for one launch. The private key is in this process's memory alone: whoever has the files can't sign, and nobody can after its end. */
export function createSeal(): Seal {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "jwk" }).x ?? "";
  return {
    key,
    sign(record, { isLast }) {
      const named = { key, ...(isLast && { closed: true as const }) };
      return { type: "checkpoint", ...named, signature: sign(null, Buffer.from(checkpointText(record, named)), privateKey).toString("base64url") };
    },
  };
}
