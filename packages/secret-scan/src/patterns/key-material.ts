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
    id: "json-web-token", title: "JSON Web Token", severity: "high", literals: ["eyj"], isToken: true,
    regexp: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,1400}/g, check: isSignedToken,
  },
];

// PEM allows headers and any line length before the base64 of the key.
function hasKeyBytes(match: string): boolean {
  return (match.match(/[A-Za-z0-9+/]{20,400}/g) ?? []).some((run) => isRandom(run) && /[0-9]/.test(run));
}

// RFC 7519 and RFC 7515 section 4.1.1: the header is a JSON object with an algorithm; "none" signs nothing, and the subject of the documents' example is nobody.
function isSignedToken(match: string): boolean {
  const [header, claims] = match.split(".").slice(0, 2).map(parsePart);
  const algorithm = field(header, "alg");
  return typeof algorithm === "string" && algorithm !== "" && algorithm.toLowerCase() !== "none" && field(claims, "sub") !== "1234567890";
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;
}

function parsePart(part: string): unknown {
  return parseJson(Buffer.from(part, "base64url").toString("utf8"));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
