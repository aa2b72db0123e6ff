import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { GitSpec } from "@bottle/backend-core";
import { startSshd } from "@bottle/git-gate/testing";

/** A bare repository with one commit on `main`, behind a real sshd of this machine. */
export interface GitUpstream extends AsyncDisposable {
  /** As a manifest names it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Its path on the host, which it has in the URL as well. */
  readonly path: string;
  /** It alone, as `app`, with its key and its host key. */
  readonly git: GitSpec;
  /** The private key that it lets in. */
  readonly key: string;
  /** The id of a ref; empty if it has none. */
  ref(name: string): Promise<string>;
  /** Commits a file to a branch, as somebody else. @returns the commit's id */
  commit(branch: string, file: string): Promise<string>;
}

const exec = promisify(execFile);
const someone = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];

/** @param listenOn where the sidecars reach this machine; loopback if absent */
export async function startGitUpstream(listenOn: string | undefined): Promise<GitUpstream> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bottle-upstream-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const host = listenOn ?? "127.0.0.1";
  const sshd = stack.use(await startSshd(join(folder, "ssh"), host));
  const [path, seed, home] = [join(folder, "app.git"), join(folder, "seed"), join(folder, "home")];
  await mkdir(home);
  const git = async (cwd: string, ...args: readonly string[]): Promise<string> => {
    const { stdout } = await exec("git", [...someone, ...args], { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1" } });
    return stdout.trim();
  };
  await git(folder, "init", "--quiet", "--bare", "--initial-branch=main", path);
  await git(folder, "clone", "--quiet", path, seed);
  const commit = async (branch: string, file: string): Promise<string> => {
    await writeFile(join(seed, file), `${file}\n`);
    await git(seed, "add", "--all");
    await git(seed, "commit", "--quiet", "--message", `Add ${file}`);
    await git(seed, "push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
    return git(seed, "rev-parse", "HEAD");
  };
  await commit("main", "README.md");
  const url = `ssh://${sshd.user}@${host}:${sshd.port}${path}`;
  const key = await readFile(sshd.identityFile, "utf8");
  const resources = stack.move();
  return {
    url, host, port: sshd.port, path, key, commit,
    git: {
      repositories: [{ name: "app", upstream: url, identityFile: sshd.identityFile, knownHostKey: sshd.hostKey }],
      identity: { name: "An Agent", email: "agent@example.com" },
    },
    ref: (name) => git(path, "rev-parse", "--quiet", "--verify", name).catch(() => ""),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
