import type { GitDeclaration } from "@bottle/manifest";
import { parseUpstream } from "@bottle/manifest/upstream";

/**
 * An upstream in one line, what may be changed there first: `app: ssh://git@git.example.com/acme/app.git, may push agent/** and new
 * tags, rewind wip/**; host key pinned (ssh-ed25519)`.
 * @param knownHostsFiles where a host key is looked up that is not pinned; absent: the host's known_hosts, wherever they are
 */
export function describeRemote(declared: GitDeclaration, knownHostsFiles?: readonly string[]): string {
  const { name, upstream, stale, review } = declared;
  const isHttps = parseUpstream(upstream)?.transport === "https";
  return [
    `${name}: ${upstream}, ${isHttps ? "read only" : `may ${describePushes(declared)}`}`,
    ...(review === true ? ["changes of workflow files, submodules and hooks wait for you"] : []),
    ...(stale === "allow" ? ["fetched from the gate's copy while it cannot be reached"] : []),
    isHttps ? "over HTTPS, without a credential" : describeWay(declared, knownHostsFiles),
  ].join("; ");
}

function describePushes({ push, tags, force = [], delete: deletable = [] }: GitDeclaration): string {
  const branches = push === undefined || push.includes("**") ? "push any branch" : `push ${push.join(" ")}`;
  const more = [...(force.length === 0 ? [] : [`rewind ${force.join(" ")}`]), ...(deletable.length === 0 ? [] : [`delete ${deletable.join(" ")}`])];
  return [`${branches}${tags === true ? " and new tags" : ""}`, ...more].join(", ");
}

function describeWay({ identityFile, knownHostKey }: GitDeclaration, knownHostsFiles: readonly string[] | undefined): string {
  const key = identityFile === undefined ? "without a key" : `with ${identityFile}`;
  if (knownHostKey !== undefined) return `${key}, host key pinned (${knownHostKey.split(" ", 1)[0] ?? ""})`;
  return `${key}, host key as in ${knownHostsFiles?.join(", ") ?? "your known_hosts"}`;
}
