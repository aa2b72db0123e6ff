import { stat } from "node:fs/promises";
import { parseUpstream, upstreamKey } from "@bottle/manifest/upstream";
import { canonicalHost, isAddress, isMetadataAddress } from "@bottle/way-out";
import { GateError } from "../errors.ts";
import type { GateRepository } from "../options.ts";

const hostKey = /^[a-z0-9@.-]{3,60} [A-Za-z0-9+/]{16,4000}={0,3}$/;

/** Looks at a list of repositories before any is served. @throws GateError `option-invalid` */
export async function requireRepositories(repositories: readonly GateRepository[]): Promise<void> {
  const fault = findFault(repositories);
  if (fault !== undefined) throw new GateError("option-invalid", fault);
  for (const { name, identityFile } of repositories) await requireIdentity(name, identityFile);
}

/** What is wrong with a list of repositories, for people; `undefined` if nothing is. */
function findFault(repositories: readonly GateRepository[]): string | undefined {
  const names = new Set<string>();
  const upstreams = new Map<string, string>();
  for (const { name, upstream, identityFile, knownHostKey } of repositories) {
    const address = parseUpstream(upstream);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) || name.endsWith(".git") || name.includes("..")) return `${JSON.stringify(name)} cannot be a repository's name: use letters, digits, ., _ and -.`;
    if (names.has(name.toLowerCase())) return `Two repositories are called ${name}: give each a name of its own.`;
    if (address === undefined) return `${JSON.stringify(upstream)} is not the address of a git upstream. For example: ssh://git@git.example.com/acme/app.git`;
    const host = canonicalHost(address.host);
    if (host === undefined || address.port < 1 || address.port > 65_535) return `${JSON.stringify(upstream)} has a host or a port that cannot be one. For example: ssh://git@git.example.com:22/acme/app.git`;
    if (isAddress(host) && isMetadataAddress(host)) return `${name}: ${host} is where a cloud tells its machines their credentials, and no git upstream.`;
    if (address.transport === "https" && identityFile !== undefined) return `${name} has an identity file, which is for SSH, but is reached over HTTPS: use its ssh:// address.`;
    if (knownHostKey !== undefined && !hostKey.test(knownHostKey)) return `The host key of ${name} is not one: write type and key as in known_hosts, without the host. For example: ssh-ed25519 AAAA…`;
    const other = upstreams.get(upstreamKey(address));
    if (other !== undefined) return `${name} and ${other} are the same upstream, ${upstreamKey(address)}, reached in two ways: keep one.`;
    names.add(name.toLowerCase());
    upstreams.set(upstreamKey(address), name);
  }
  return undefined;
}

// As ssh does, which says so only when it is used.
async function requireIdentity(name: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new GateError("option-invalid", `The identity file of ${name}, ${file}, is not there: make it with ssh-keygen, or name another.`);
  if ((found.mode & 0o077) !== 0) throw new GateError("option-invalid", `The identity file of ${name}, ${file}, can be read by others, and ssh takes no such key: chmod 600 ${file}`);
}
