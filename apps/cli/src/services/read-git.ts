import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { hostPath, type GitSpec } from "@bottle/backend-core";
import { gitEmailFault, gitNameFault, problemAt, type BottleManifest, type Fault, type GitDeclaration, type Problem } from "@bottle/manifest";
import { parseUpstream } from "@bottle/manifest/upstream";
import { exposedFolders } from "./exposed.ts";
import { identityFileFault } from "./identity-file.ts";
import { invalid } from "./manifests.ts";

/** What a bottle's gate needs. */
export interface GitRequest {
  readonly bottle: BottleManifest;
  /** BOTTLE_HOME. */
  readonly home: string;
  /** The folder whose files the agent gets, if any. */
  readonly workspace: string | undefined;
}

/**
 * What the git gate needs of this host, judged: private keys, files of host keys, and whom commits are by. Undefined for a bottle
 * without upstreams. Nothing of a repository's own configuration counts.
 * @throws CliError `manifest-invalid` with every problem at its place
 */
export async function readGit({ bottle, home, workspace }: GitRequest): Promise<GitSpec | undefined> {
  if (bottle.git.length === 0) return undefined;
  const exposed = await exposedFolders(home, workspace);
  const knownHostsFiles = await readable([join(homedir(), ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"]);
  const repositories = bottle.git.map(located);
  const problems = await Promise.all(repositories.map((repository) => judge(bottle, { repository, exposed, knownHostsFiles })));
  if (problems.flat().length > 0) throw invalid(problems.flat());
  const identity = bottle.gitIdentity ?? await hostIdentity();
  return { repositories, knownHostsFiles, ...(identity && { identity }) };
}

function located({ identityFile, ...repository }: GitDeclaration): GitDeclaration {
  if (identityFile === undefined) return repository;
  return { ...repository, identityFile: identityFile.startsWith("~/") ? join(homedir(), identityFile.slice(2)) : identityFile };
}

interface Judged {
  readonly repository: GitDeclaration;
  readonly exposed: readonly string[];
  readonly knownHostsFiles: readonly string[];
}

async function judge(bottle: BottleManifest, { repository, exposed, knownHostsFiles }: Judged): Promise<readonly Problem[]> {
  const { name, upstream, identityFile, knownHostKey } = repository;
  const at = (key: string, fault: Fault | undefined): readonly Problem[] =>
    (fault === undefined ? [] : [problemAt({ manifest: bottle, folder: "bottles", path: `git.${name}.${key}` }, fault)]);
  const needsHostKey = parseUpstream(upstream)?.transport === "ssh" && knownHostKey === undefined && knownHostsFiles.length === 0;
  return [
    ...at("identity_file", identityFile === undefined ? undefined : await identityFileFault(identityFile, exposed)),
    ...at("upstream", needsHostKey ? unknownHost(upstream) : undefined),
  ];
}

function unknownHost(upstream: string): Fault {
  const { host = "HOST", port = 22 } = parseUpstream(upstream) ?? {};
  return {
    code: "host-key-missing", message: `${upstream} has no known_host_key, and there is no known_hosts on this machine to look one up in. A host is never trusted on first use.`,
    mend: `Run \`ssh-keyscan -t ed25519${port === 22 ? "" : ` -p ${port}`} ${host}\`, compare the key with the one its operator publishes, and write it as: known_host_key: ssh-ed25519 AAAA…`,
  };
}

async function readable(paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(async (path) => access(path, constants.R_OK).then(() => [path], () => [])));
  return found.flat();
}

// In `/`, with the host's own git: neither a repository nor a PATH into one has a say.
async function hostIdentity(): Promise<GitSpec["identity"] | undefined> {
  const { capture } = await import("../run.ts");
  const { stdout } = await capture(["git", "config", "--null", "--get-regexp", "^user\\.(name|email)$"], { cwd: "/", env: { PATH: hostPath, GIT_DIR: "/dev/null" } });
  const values = new Map(stdout.split("\0").map((entry) => {
    const at = entry.indexOf("\n");
    return [entry.slice(0, Math.max(at, 0)), entry.slice(at + 1)] as const;
  }));
  const [name = "", email = ""] = [values.get("user.name"), values.get("user.email")];
  return gitNameFault(name) === undefined && gitEmailFault(email) === undefined ? { name, email } : undefined;
}
