import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

const kinds: readonly string[] = [
  "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** A server's public key as in known_hosts without the host: type, blank, base64 (RFC 4253 §6.6: the blob repeats the type). */
export function hostKeyFault(text: string): Fault | undefined {
  const words = text.slice(0, 8192).trim().split(/\s+/);
  const at = words.findIndex((word) => kinds.includes(word));
  const [kind, blob] = at === -1 ? [] : words.slice(at);
  if (kind === undefined || blob === undefined || !repeatsKind(kind, blob)) {
    return {
      code: "host-key-invalid",
      message: `${quote(text)} is not a server's public key.`,
      mend: "Run `ssh-keyscan -t ed25519 HOST`, compare the key with the one its operator publishes, and write it as: ssh-ed25519 AAAA…",
    };
  }
  if (text === `${kind} ${blob}`) return undefined;
  return { code: "host-key-invalid", message: "A host key is its type, one blank and base64, with nothing around.", mend: `known_host_key: ${kind} ${blob}` };
}

function repeatsKind(kind: string, blob: string): boolean {
  if (!/^[A-Za-z0-9+/]{16,4096}={0,2}$/.test(blob)) return false;
  const bytes = decode(blob);
  if (bytes === undefined || bytes.length < 4 + kind.length + 32) return false;
  const length = bytes.slice(0, 4).split("").reduce((sum, byte) => sum * 256 + byte.charCodeAt(0), 0);
  return length === kind.length && bytes.slice(4, 4 + kind.length) === kind;
}

function decode(blob: string): string | undefined {
  try {
    return atob(blob);
  } catch {
    return undefined;
  }
}
