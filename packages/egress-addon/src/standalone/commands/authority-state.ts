import { stat } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { loadAuthority } from "../../authority/store.ts";

/** What is known of a CA directory without touching it. */
export type AuthorityState =
  | { readonly state: "absent" }
  | { readonly state: "unsafe"; readonly problem: string }
  /** Damaged, or it ends within a month. */
  | { readonly state: "replaced" }
  | { readonly state: "ready"; readonly certificate: string; readonly fingerprint: string; readonly notAfter: Date };

/** Looks at a CA directory. */
export async function inspectAuthority(directory: string): Promise<AuthorityState> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined) return { state: "absent" };
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !isOurs || (found.mode & 0o077) !== 0) return { state: "unsafe", problem: `The CA directory ${directory} must be this user's own directory with mode 0700. Run: chmod 700 ${directory}` };
  const authority = await loadAuthority(directory);
  if (authority) return { state: "ready", certificate: authority.certificate, fingerprint: fingerprintOf(authority.certificate), notAfter: authority.notAfter };
  return await stat(`${directory}/ca.pem`).then(() => ({ state: "replaced" as const }), () => ({ state: "absent" as const }));
}

/** SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` shows it. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

/** The state in a few words. */
export function describeAuthority(authority: AuthorityState, file: string): string {
  if (authority.state === "ready") return `${file}, until ${authority.notAfter.toISOString().slice(0, 10)}, SHA-256 ${authority.fingerprint}`;
  if (authority.state === "absent") return `${file}, not made yet: the start, or \`egress-addon ca\`, makes it`;
  return authority.state === "replaced" ? `${file}, damaged or near its end: the start makes a new one, which clients must trust anew` : `${file}, unusable`;
}
