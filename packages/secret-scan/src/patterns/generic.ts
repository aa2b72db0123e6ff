import type { SecretPattern } from "../pattern.ts";
import { distinct, entropy, isStandIn } from "./shape.ts";

// A place in a list, a mark against forged requests, or what a pre-signed URL carries is no secret.
const harmless = "(?<!(?:page|next|sync|continuation|csrf|xsrf|start|resume|cursor|delta|x-amz-security)[_-]?)";
const names = `${harmless}(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key)`;

/** Secrets told only by the name they are given to. */
export const genericPatterns: readonly SecretPattern[] = [
  {
    id: "assigned-secret", title: "Value given to a password, secret, token or key in a query, a form or a file of settings", severity: "medium",
    literals: ["password=", "passwd=", "passphrase=", "pwd=", "secret=", "token=", "apikey=", "api_key=", "api-key=", "accesskey=", "access_key=",
      "access-key=", "privatekey=", "private_key=",
      "private-key=", "authkey=", "auth_key=", "auth-key="], startsWithin: 0,
    regexp: new RegExp(`${names}=["']?[^\\s&;,"'\`<>(){}\\[\\]\\\\]{8,400}`, "gi"), check: (match) => isAssigned(match.slice(match.indexOf("=") + 1), 3),
  },
  {
    id: "environment-secret", title: "Secret in an environment variable", severity: "medium",
    literals: ["secret=", "token=", "password=", "passwd=", "_key="],
    regexp: /(?<![A-Za-z0-9_])[A-Z0-9_]{0,60}(?:SECRET|TOKEN|PASSWORD|PASSWD|_KEY)=["']?[^\s&;,"'`<>(){}[\]\\]{8,400}/g,
    check: (match) => isAssigned(match.slice(match.indexOf("=") + 1), 2.5),
  },
  {
    id: "quoted-secret", title: "Quoted value of a password, secret, token or key", severity: "low",
    literals: ["password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key",
      "privatekey", "private_key", "private-key",
      "authkey", "auth_key", "auth-key"], startsWithin: 0,
    regexp: new RegExp(`${names}\\\\?["']?\\s{0,3}[:=]\\s{0,3}\\\\?["'][A-Za-z0-9+/_.~!@#$%^*=-]{16,400}\\\\?["']`, "gi"),
    check: (match) => isAssigned(match.slice(match.search(/[:=]/) + 1).replaceAll(/[\s"'\\]/g, ""), 3.7),
  },
];

// Random enough, in letters and digits, and no name of a variable, path, version, address or date.
function isAssigned(value: string, bits: number): boolean {
  const bare = value.replaceAll(/^["']|["']$/g, "");
  if (isStandIn(bare) || distinct(bare) < 6 || entropy(bare) < bits) return false;
  return /[A-Za-z]/.test(bare) && /\d/.test(bare) && !/^(?:[a-z][a-z0-9+.-]{1,20}:\/\/|\.{0,2}\/[\w.-]{1,60}\/|sha(?:256|384|512)-)/.test(bare);
}
