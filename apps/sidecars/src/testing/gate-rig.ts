import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { startSshd } from "@bottle/git-gate/testing";
import type { SidecarsConfig } from "@bottle/manifest";

/** What a command of git ended with. */
export interface GitRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An upstream behind a real sshd, and a program's side of the gate before it. */
export interface GateRig extends AsyncDisposable {
  /** What a configuration is given of it. */
  readonly config: Pick<SidecarsConfig, "git"> & { readonly gitGate: { readonly host: string; readonly port: number } };
  readonly identityFile: string;
  /** Runs git as a program inside does, in a folder below the rig's. */
  git(folder: string, ...args: readonly string[]): Promise<GitRun>;
  /** Clones from the gate, commits a file, and pushes it to a branch. */
  push(branch: string, content: string): Promise<GitRun>;
  /** The id of a branch of the upstream; empty if it has none. */
  branch(name: string): Promise<string>;
}

const someone = ["-c", "user.name=An Agent", "-c", "user.email=agent@example.com"];

/** @param folder of the test's own */
export async function startGateRig(folder: string): Promise<GateRig> {
  await using stack = new AsyncDisposableStack();
  const sshd = stack.use(await startSshd(join(folder, "ssh")));
  const [upstream, home] = [join(folder, "upstream.git"), join(folder, "home")];
  await mkdir(home);
  const git: GateRig["git"] = (below, ...args) => runGit(join(folder, below), home, args);
  await git("", "init", "--quiet", "--bare", "--initial-branch=main", upstream);
  await git("", "clone", "--quiet", upstream, "seed");
  await git("seed", "commit", "--quiet", "--allow-empty", "--message", "Begin");
  await git("seed", "push", "--quiet", "origin", "HEAD:main");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/app.git`;
  let clones = 0;
  const resources = stack.move();
  return {
    identityFile: sshd.identityFile, git,
    config: {
      gitGate: { host: "127.0.0.1", port },
      git: {
        directory: join(folder, "gate"),
        repositories: [{ name: "app", upstream: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${upstream}`, identityFile: sshd.identityFile, knownHostKey: sshd.hostKey }],
      },
    },
    async push(branch, content) {
      const work = `work-${clones += 1}`;
      const cloned = await git("", "clone", "--quiet", url, work);
      if (cloned.code !== 0) return cloned;
      await writeFile(join(folder, work, "file.txt"), content);
      await git(work, "add", "--all");
      await git(work, "commit", "--quiet", "--message", "change");
      return git(work, "push", "origin", `HEAD:refs/heads/${branch}`);
    },
    branch: async (name) => (await git("upstream.git", "rev-parse", "--quiet", "--verify", `refs/heads/${name}`)).out.trim(),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function runGit(cwd: string, home: string, args: readonly string[]): Promise<GitRun> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  return new Promise((resolve) => {
    execFile("git", [...someone, ...args], { cwd, env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, out, err });
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
