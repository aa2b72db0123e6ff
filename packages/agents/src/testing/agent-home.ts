import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { HomeFile } from "../model.ts";

/** A home and a workspace for one test. Disposing ends the processes that still use the home, then removes both. */
export interface AgentHome extends AsyncDisposable {
  readonly home: string;
  readonly workspace: string;
  write(files: readonly HomeFile[]): Promise<void>;
  /** Processes whose HOME is this one. */
  processes(): Promise<readonly number[]>;
}

/** Makes an empty home and an empty workspace. */
export async function createAgentHome(): Promise<AgentHome> {
  const root = await mkdtemp(join(tmpdir(), "bottle-agent-"));
  const home = join(root, "home");
  const workspace = join(root, "workspace");
  await mkdir(home);
  await mkdir(workspace);
  const processes = (): Promise<readonly number[]> => processesOf(home);
  return {
    home,
    workspace,
    processes,
    write: async (files) => {
      for (const { path, content, mode } of files) await writeHomeFile(join(home, path), content, mode ?? 0o644);
    },
    [Symbol.asyncDispose]: async () => {
      for (const pid of await processes()) process.kill(pid, "SIGKILL");
      for (let tries = 0; tries < 50 && (await processes()).length > 0; tries++) await pause(20);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function writeHomeFile(path: string, content: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

async function processesOf(home: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  const uses = await Promise.all(pids.map(async (pid) => {
    const environ = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    return environ.split("\0").includes(`HOME=${home}`);
  }));
  return pids.filter((_, index) => uses[index]).map(Number);
}
