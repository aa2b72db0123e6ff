import { createHash, timingSafeEqual } from "node:crypto";
import { type RawHeaders, valuesOf } from "./headers.ts";

/** Whether a request presents the proxy's credential. Comparison takes the same time for every wrong one. */
export type Login = (headers: RawHeaders) => boolean;

/** A check for one Basic credential (RFC 7617); with none set, everyone may pass. */
export function createLogin(credential: { readonly username: string; readonly password: string } | undefined): Login {
  if (credential === undefined) return () => true;
  const expected = digest(Buffer.from(`${credential.username}:${credential.password}`));
  return (headers) => {
    const values = valuesOf(headers, "proxy-authorization");
    const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(values[0]?.trim() ?? "")?.[1] ?? "";
    const isRight = timingSafeEqual(digest(Buffer.from(encoded, "base64")), expected);
    return values.length === 1 && isRight;
  };
}

function digest(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
