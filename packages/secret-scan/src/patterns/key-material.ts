import type { SecretPattern } from "../pattern.ts";
import { isRandom, randomAfter } from "./shape.ts";

/** Private keys in text, and tokens that are signed. */
export const keyMaterialPatterns: readonly SecretPattern[] = [
  // RFC 7468, OpenSSH's and RFC 9580's armour. The header alone stands in the sources of everything that reads such a file.
  {
    id: "private-key", title: "Private key (PEM, OpenSSH, PGP)", severity: "critical", literals: ["private key"],
    regexp: /-----BEGIN (?:[A-Z0-9]{2,10} )?(?:ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,400}/gi, check: hasKeyBytes,
  },
  {
    id: "putty-private-key", title: "PuTTY private key", severity: "critical", literals: ["putty-user-key-file-"],
    regexp: /PuTTY-User-Key-File-\d: [A-Za-z0-9@.-]{4,40}[\s\S]{0,1200}/g, check: (match) => match.includes("Private-Lines:") || match.length > 1000,
  },
  {
    id: "age-secret-key", title: "age secret key", severity: "critical", literals: ["age-secret-key-1"],
    regexp: /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/gi, check: randomAfter(/^AGE-SECRET-KEY-1/i),
  },
  {
    id: "json-web-token", title: "JSON Web Token", severity: "high", literals: ["eyj"],
    regexp: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,1400}/g, check: isSignedToken,
  },
];

// PEM allows headers and any line length before the base64 of the key.
function hasKeyBytes(match: string): boolean {
  return (match.match(/[A-Za-z0-9+/]{20,400}/g) ?? []).some((run) => isRandom(run) && /[0-9]/.test(run));
}

// RFC 7519 and RFC 7515 §4.1.1: the header is a JSON object with an algorithm; one that is "none" signs nothing.
function isSignedToken(match: string): boolean {
  const header = parseJson(Buffer.from(match.slice(0, match.indexOf(".")), "base64url").toString("utf8"));
  if (typeof header !== "object" || header === null || !("alg" in header)) return false;
  return typeof header.alg === "string" && header.alg !== "" && header.alg.toLowerCase() !== "none";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
