import { parseUpstream } from "@bottle/manifest/upstream";
import { type Fault, quote } from "@bottle/standalone";

/** A repository's name, as it stands in the gate's URL. */
export function repositoryFault(text: string): Fault | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) && !text.endsWith(".git") && !text.includes("..")) return undefined;
  return { code: "name-invalid", message: `${quote(text)} cannot be a repository's name.`, mend: "Letters, digits, ., _ and -, without .git. For example: app" };
}

/** The address of an upstream. */
export function upstreamFault(text: string): Fault | undefined {
  if (parseUpstream(text) !== undefined) return undefined;
  const hasPassword = /^https?:\/\/[^/@\s]+@/.test(text);
  if (hasPassword) return { code: "upstream-invalid", message: "An upstream over HTTPS cannot have a user or a password.", mend: "Reach it over SSH, with identity_file." };
  return { code: "upstream-invalid", message: `${quote(text)} is not the address of a git upstream.`, mend: upstreamMend(text) };
}

/** A host key as in `known_hosts`, without the host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export function hostKeyFault(text: string): Fault | undefined {
  if (/^[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{32,8192}={0,2}$/.test(text)) return undefined;
  const inner = /(?:^|\s)((?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]{32,}={0,2})(?:\s|$)/.exec(text)?.[1];
  return {
    code: "host-key-invalid", message: "This is not a host key: its type, a space, and the key in base64.",
    mend: inner === undefined ? "For example: ssh-ed25519 AAAA…; `ssh-keyscan -t ed25519 HOST` prints it, to be compared with what the host's operator says." : `known_host_key: ${inner}`,
  };
}

/** A pattern of branches: `*` for anything but `/`, `**` for anything. */
export function branchFault(text: string): Fault | undefined {
  if (text.startsWith("refs/heads/")) return { code: "branch-invalid", message: `${quote(text)} names a ref; branches are meant.`, mend: text.slice("refs/heads/".length) || "agent/**" };
  const isName = text !== "" && !/[\0-\x20\x7f~^:?[\\]|\.\.|@\{|^\/|\/$|\/\//.test(text);
  return isName ? undefined : { code: "branch-invalid", message: `${quote(text)} is not a pattern of branches.`, mend: "For example: \"agent/**\"" };
}

function upstreamMend(text: string): string {
  const plain = /^(?:http|git|file):\/\/([^/@\s]+\/\S+)$/.exec(text)?.[1];
  if (plain !== undefined && !text.startsWith("file:")) return `ssh://git@${plain}`;
  const bare = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+\/\S+$/i.test(text) ? text : undefined;
  return bare === undefined ? "For example: ssh://git@git.example.com/acme/app.git" : `ssh://git@${bare}`;
}
