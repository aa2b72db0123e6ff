import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseUpstream, type UpstreamAddress } from "@bottle/manifest/upstream";
import { trustedCertificates } from "@bottle/way-out";
import { gitEnvironment } from "../git/environment.ts";
import { type Command, type Ended, run } from "../git/run.ts";
import { printable } from "../printable.ts";
import type { RefUpdate } from "../receive/ref-updates.ts";
import { type Connection, createConnection, noConnection } from "./connection.ts";
import type { Door } from "./relay.ts";
import { proxyCommand, proxyEnvironment, tunnelEnvironment } from "./tunnel.ts";

/** How an upstream is reached. */
export interface RemoteOptions {
  readonly upstream: string;
  /** A private SSH key, as a file of this process's user alone. */
  readonly identityFile?: string | undefined;
  /** A host key as in `known_hosts`, without the host: `ssh-ed25519 AAAA…`. */
  readonly knownHostKey?: string | undefined;
  /** Files in which host keys are looked up if none is pinned. */
  readonly knownHostsFiles?: readonly string[] | undefined;
  /** A PEM file of the CAs that an HTTPS upstream may be signed by; the system's if there is none. */
  readonly caFile?: string | undefined;
}

/** An upstream, spoken to by git. */
export interface Remote {
  /** Ends the connection that is kept for a while between one and the next. */
  disconnect(): void;
  /** Brings branches and tags up to date, and the branch that a clone begins with. @returns what went wrong, for people */
  refresh(signal?: AbortSignal): Promise<string | undefined>;
  /** Changes refs, all or none, each only if the upstream still has it as it is here. */
  push(updates: readonly RefUpdate[], quarantine: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Forwarded>;
}

/** What became of a push to an upstream. */
export interface Forwarded {
  readonly accepted: boolean;
  /** What the upstream and git said. */
  readonly words: string;
}

const refreshMs = 600_000;
const pushMs = 600_000;
/** How long the branch that a clone begins with is believed to be the same: to ask is another round trip. */
const headAgeMs = 60_000;
const mostSocketBytes = 88;
/** What git may allocate at once in a fetch: what a small pack says it inflates to is anything. Twice the files that git holds in memory at all (core.bigFileThreshold). */
const mostAllocation = 1024 * 1024 * 1024;

/** Where a remote works. */
export interface RemotePlace {
  /** The bare repository. */
  readonly repository: string;
  /** An empty directory of the gate's own: home of git, and where the pinned key is written. */
  readonly scratch: string;
  /** The only way to the upstream. */
  readonly door: Door;
  /** PEM certificates of CAs that an HTTPS upstream may be signed by besides the usual ones, as what is reached through a proxy that looks into TLS. */
  readonly caCertificates: readonly string[];
}

export async function createRemote(options: RemoteOptions, { repository, scratch, door, caCertificates }: RemotePlace): Promise<Remote> {
  const address = parseUpstream(options.upstream);
  if (address === undefined) throw new Error(`${options.upstream} is not the address of a git upstream.`);
  const way = address.transport === "ssh" ? tunnelEnvironment(door) : proxyEnvironment(door);
  const ssh = address.transport === "ssh" ? await sshOf(options, address, { scratch, env: gitEnvironment(scratch, way) }) : undefined;
  const caFile = options.caFile ?? (address.transport === "https" && caCertificates.length > 0 ? await writeTrusted(join(scratch, "ca.pem"), caCertificates) : undefined);
  const env = gitEnvironment(scratch, {
    ...way,
    ...(ssh === undefined ? {} : { GIT_SSH_COMMAND: ssh.command.map(shellQuote).join(" "), GIT_SSH_VARIANT: "ssh" }),
    ...(caFile === undefined ? {} : { GIT_SSL_CAINFO: caFile }),
    // Neither a redirect nor a submodule leads to another transport.
    GIT_ALLOW_PROTOCOL: address.transport,
  });
  const connection = ssh?.connection ?? noConnection;
  const git = (args: readonly string[], more: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Command =>
    ({ argv: ["git", "-C", repository, "-c", "http.followRedirects=false", ...args], env: { ...env, ...more }, ...(signal && { signal }) });
  const fetchRefs = (signal: AbortSignal | undefined, ...more: readonly string[]): Promise<Ended> => run(git([
    "fetch", "--quiet", "--prune", "--no-tags", "--no-auto-gc", "--no-write-fetch-head", "--no-recurse-submodules", ...more,
    "--", options.upstream, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*",
  ], { GIT_ALLOC_LIMIT: String(mostAllocation) }, signal), { timeoutMs: refreshMs });
  let headTakenMs = Number.NEGATIVE_INFINITY;
  return {
    disconnect: () => connection.close(),
    refresh: (signal) => connection.use(async () => {
      door.forgetRefusal();
      let fetched = await fetchRefs(signal, "--atomic");
      // A branch in place of one above or below its name: at once git can't, but it can take away first.
      if (fetched.code !== 0 && /cannot lock ref|conflict/.test(fetched.stderr)) fetched = await fetchRefs(signal);
      if (fetched.code !== 0) return door.lastRefusal() ?? fault(fetched.stderr);
      if (Date.now() - headTakenMs > headAgeMs || !await headIsThere(git)) {
        await takeHead(git, options.upstream);
        headTakenMs = Date.now();
      }
      return undefined;
    }),
    push: (updates, quarantine, signal) => connection.use(async () => {
      door.forgetRefusal();
      const leases = updates.map(({ ref, old }) => `--force-with-lease=${ref}:${old ?? ""}`);
      // An id by itself would be taken for a branch or tag of that name first.
      const refs = updates.map((update) => `${update.new === undefined ? "" : `${update.new}^{object}`}:${update.ref}`);
      const pushed = await run(git([
        "push", "--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no", ...(updates.length > 1 ? ["--atomic"] : []), ...leases,
        "--", options.upstream, ...refs,
      ], quarantine, signal), { timeoutMs: pushMs });
      return { accepted: pushed.code === 0, words: (pushed.code === 0 ? undefined : door.lastRefusal()) ?? words(pushed.stderr) };
    }),
  };
}

type Git = (args: readonly string[]) => Command;

async function headIsThere(git: Git): Promise<boolean> {
  return (await run(git(["rev-parse", "--quiet", "--verify", "HEAD"]))).code === 0;
}

async function takeHead(git: Git, upstream: string): Promise<void> {
  const { stdout, code } = await run(git(["ls-remote", "--symref", "--", upstream, "HEAD"]), { timeoutMs: refreshMs });
  const [, target] = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(stdout.toString()) ?? [];
  if (code === 0 && target !== undefined) await run(git(["symbolic-ref", "HEAD", target]));
}

async function writeTrusted(file: string, caCertificates: readonly string[]): Promise<string> {
  await writeFile(file, `${trustedCertificates(caCertificates).join("\n")}\n`, { mode: 0o600 });
  return file;
}

interface Ssh {
  readonly command: readonly [string, ...string[]];
  readonly connection: Connection;
}

async function sshOf(options: RemoteOptions, { user, host, port }: UpstreamAddress, { scratch, env }: { readonly scratch: string; readonly env: Readonly<Record<string, string>> }): Promise<Ssh> {
  const { identityFile, knownHostKey, knownHostsFiles = [] } = options;
  const pinned = join(scratch, "known_hosts");
  const name = port === 22 ? host : `[${host}]:${port}`;
  await writeFile(pinned, knownHostKey === undefined ? "" : `${name} ${knownHostKey}\n`, { mode: 0o600 });
  const files = knownHostKey === undefined && knownHostsFiles.length > 0 ? knownHostsFiles : [pinned];
  // No configuration, no agent, no other key, nobody to ask; a host that is not known is no host.
  const settings = [
    "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "ForwardAgent=no", "ClearAllForwardings=yes", "PermitLocalCommand=no", `ProxyCommand=${proxyCommand}`,
    "PasswordAuthentication=no", "KbdInteractiveAuthentication=no", "GSSAPIAuthentication=no", "HostbasedAuthentication=no",
    "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "CheckHostIP=no", "GlobalKnownHostsFile=/dev/null",
    `UserKnownHostsFile=${files.map(sshQuote).join(" ")}`, `IdentityFile=${identityFile === undefined ? "none" : sshQuote(identityFile)}`,
    "ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4", "LogLevel=ERROR",
  ];
  const ssh = (...more: readonly string[]): [string, ...string[]] => ["ssh", "-F", "/dev/null", ...[...settings, ...more].flatMap((setting) => ["-o", setting])];
  const socket = join(scratch, "ssh");
  // Longer a socket's path may not be, with what ssh puts behind it for a moment.
  if (Buffer.byteLength(socket) > mostSocketBytes) return { command: ssh("ControlMaster=no", "ControlPath=none"), connection: noConnection };
  const master = [...ssh("ControlMaster=yes", "ControlPersist=no", `ControlPath=${sshQuote(socket)}`), "-N", "-p", String(port), "--", user === undefined ? host : `${user}@${host}`] as const;
  const connection = createConnection({ argv: ["ssh", ...master.slice(1)], env }, socket);
  return { command: ssh("ControlMaster=no", `ControlPath=${sshQuote(socket)}`), connection };
}

// ssh_config(5): a value with spaces stands in double quotes; `%` begins a token.
function sshQuote(path: string): string {
  return `"${path.replaceAll("%", "%%")}"`;
}

function shellQuote(text: string): string {
  return /^[A-Za-z0-9_=/.:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

// Repositories here are SHA-1; git cannot fetch from one into the other.
function fault(stderr: string): string {
  if (/mismatched algorithms|does not support this repository.s object format/.test(stderr)) return "The upstream names its objects by SHA-256, which the git gate does not serve: it needs a SHA-1 repository.";
  return words(stderr) || "git fetch failed.";
}

function words(text: string): string {
  return text.split("\n").map(lastWritten).filter((line) => line !== "" && !line.startsWith("hint:")).join("\n").slice(0, 4_000);
}

// What an upstream says ends up on a terminal, as it is: git shows the answer to a fetch unfiltered. Of a line that is written over only the last is left, as there.
function lastWritten(line: string): string {
  const written = line.trimEnd();
  return printable(written.slice(written.lastIndexOf("\r") + 1));
}
