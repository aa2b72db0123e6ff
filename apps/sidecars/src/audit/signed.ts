import { createPublicKey, verify } from "node:crypto";

/** Whether a checkpoint's signature is of its key and text. Never throws; two spellings of one signature are not both right. */
export function isSigned({ key, text, signature }: { readonly key: string; readonly text: string; readonly signature: string }): boolean {
  const bytes = Buffer.from(signature, "base64url");
  if (bytes.toString("base64url") !== signature) return false;
  try {
    return verify(null, Buffer.from(text), createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" }), bytes);
  } catch {
    return false;
  }
}
