import { createHash, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { checkpointText } from "../audit/checkpoint.ts";
import type { AuditEvent, AuditRecord } from "../audit/event.ts";
import { auditStart, formatAuditLine } from "../audit/line.ts";
import type { AuditVerifierOptions } from "../audit/verify.ts";
import type { AuditHead } from "../audit/witness.ts";

/** As the chain of an audit log is made of. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** As sidecars sign, with Node's own Ed25519. */
export const isSigned: AuditVerifierOptions["isSigned"] = ({ key, text, signature }) => {
  const bytes = Buffer.from(signature, "base64url");
  return bytes.toString("base64url") === signature && verify(null, Buffer.from(text), createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" }), bytes);
};

/** One launch's key. */
export interface LaunchKey {
  readonly privateKey: KeyObject;
  readonly key: string;
}

/** Makes a launch's key. */
export function launchKey(): LaunchKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, key: publicKey.export({ format: "jwk" }).x ?? "" };
}

/** A log in memory, written as sidecars write theirs. */
export class SignedLog {
  readonly identity: string;
  readonly lines: string[];

  constructor(identity: string, lines: readonly string[] = []) {
    this.identity = identity;
    this.lines = [...lines];
  }

  add(event: AuditEvent): void {
    this.lines.push(formatAuditLine({ ...this.#next(), event }));
  }

  /** @returns what a keeper is told of it */
  checkpoint({ privateKey, key }: LaunchKey, closed = false): AuditHead {
    const named = { key, ...(closed && { closed: true as const }) };
    const next = this.#next();
    this.add({ type: "checkpoint", ...named, signature: sign(null, Buffer.from(checkpointText(next, named)), privateKey).toString("base64url") });
    return { seq: next.seq, hash: sha256(this.lines.at(-1) ?? ""), ...named };
  }

  #next(): Omit<AuditRecord, "event"> {
    const last = this.lines.at(-1);
    return { seq: this.lines.length, time: "2026-01-02T03:04:05.678Z", identity: this.identity, prev: last === undefined ? auditStart : sha256(last) };
  }
}
