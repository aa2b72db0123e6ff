import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GateEvent, GateRepository, GitGate, GitGateOptions } from "../options.ts";
import { startGitGate } from "../start.ts";
import { type Sshd, startSshd } from "./start-sshd.ts";

/** What a command of git ended with. */
export interface GitRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A gate before a real sshd, and a program's side of it. */
export interface GateRig extends AsyncDisposable {
  readonly gate: GitGate;
  readonly sshd: Sshd;
  readonly events: readonly GateEvent[];
  /** How the gate was told of the repository `app`. */
  readonly repository: GateRepository;
  /** The bare repository behind sshd. */
  readonly upstream: string;
  /** Where `git clone` finds it at the gate. */
  readonly url: string;
  /** An empty folder. */
  readonly folder: string;
  /** Runs git as a program inside does, in a folder. */
  git(cwd: string, ...args: readonly string[]): Promise<GitRun>;
  /** Clones through the gate. @returns the folder */
  clone(name: string, ...args: readonly string[]): Promise<string>;
  /** Writes files, commits and answers with the commit's id. */
  commit(cwd: string, files: Readonly<Record<string, string | Buffer>>, message?: string): Promise<string>;
  /** The id of a ref of the upstream; empty if it has none. */
  upstreamRef(ref: string): Promise<string>;
}

/** Starts it with one commit on `main` at the upstream. */
export async function startGateRig(options: { readonly repository?: Partial<GateRepository>; readonly gate?: Partial<GitGateOptions> } = {}): Promise<GateRig> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const sshd = stack.use(await startSshd(join(folder, "ssh")));
  const upstream = join(folder, "upstream.git");
  const home = join(folder, "home");
  await mkdir(home);
  const git = (cwd: string, ...args: readonly string[]): Promise<GitRun> => runGit(cwd, home, args);
  const commit = async (cwd: string, files: Readonly<Record<string, string | Buffer>>, message = "change"): Promise<string> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(cwd, path, ".."), { recursive: true });
      await writeFile(join(cwd, path), content);
    }
    await must(git(cwd, "add", "--all"));
    await must(git(cwd, "commit", "--quiet", "--allow-empty", "--message", message));
    return (await must(git(cwd, "rev-parse", "HEAD"))).out.trim();
  };
  await must(git(folder, "init", "--quiet", "--bare", "--initial-branch=main", upstream));
  await must(git(folder, "clone", "--quiet", upstream, "seed"));
  await commit(join(folder, "seed"), { "README.md": "An app.\n" }, "Begin");
  await must(git(join(folder, "seed"), "push", "--quiet", "origin", "HEAD:main"));
  const events: GateEvent[] = [];
  const repository: GateRepository = {
    name: "app", upstream: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${upstream}`, identityFile: sshd.identityFile, knownHostKey: sshd.hostKey, ...options.repository,
  };
  const gate = stack.use(await startGitGate({
    listen: { host: "127.0.0.1", port: 0 }, directory: join(folder, "gate"), onEvent: (event) => void events.push(event),
    repositories: [repository],
    ...options.gate,
  }));
  const url = "port" in gate.address ? `http://127.0.0.1:${gate.address.port}/app.git` : "";
  const resources = stack.move();
  return {
    gate, sshd, events, repository, upstream, url, folder, git, commit,
    async clone(name, ...args) {
      await must(git(folder, "clone", "--quiet", ...args, url, name));
      return join(folder, name);
    },
    upstreamRef: async (ref) => (await git(upstream, "rev-parse", "--quiet", "--verify", ref)).out.trim(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function runGit(cwd: string, home: string, args: readonly string[]): Promise<GitRun> {
  const env = {
    PATH: process.env["PATH"] ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C",
    GIT_AUTHOR_NAME: "An Agent", GIT_AUTHOR_EMAIL: "agent@example.com", GIT_COMMITTER_NAME: "An Agent", GIT_COMMITTER_EMAIL: "agent@example.com",
  };
  return new Promise((resolve) => {
    execFile("git", [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, out, err });
    });
  });
}

/** @throws Error with git's words unless it ended well */
export async function must(run: Promise<GitRun>): Promise<GitRun> {
  const ended = await run;
  if (ended.code !== 0) throw new Error(`git ended with ${ended.code}: ${ended.err}`);
  return ended;
}
