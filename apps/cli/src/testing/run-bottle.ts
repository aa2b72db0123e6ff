import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a command line left. */
export interface BottleResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** A BOTTLE_HOME and a project of one test file, and the real `bottle` to run in them. */
export interface BottleRig extends AsyncDisposable {
  readonly home: string;
  readonly project: string;
  /** Writes a file below the home. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  run(args: readonly string[], options?: { readonly env?: Readonly<Record<string, string>>; readonly input?: string; readonly timeoutMs?: number }): Promise<BottleResult>;
}

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Makes a rig in a temporary folder. */
export async function createBottleRig(): Promise<BottleRig> {
  const root = await mkdtemp(join(tmpdir(), "bottle-cli-"));
  const home = join(root, "home");
  const project = join(root, "project");
  await Promise.all([mkdir(home, { mode: 0o700 }), mkdir(project)]);
  return {
    home, project,
    async write(path, content) {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(join(home, path), content);
    },
    run: (args, options = {}) => run({ ...options, args, cwd: project, env: { BOTTLE_HOME: home, ...options.env } }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

function run({ args, cwd, env, input, timeoutMs = 120_000 }: {
  readonly args: readonly string[]; readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly input?: string; readonly timeoutMs?: number;
}): Promise<BottleResult> {
  const child = spawn(process.execPath, ["--conditions=@bottle/source", main, ...args], {
    cwd, env: { PATH: process.env["PATH"], HOME: cwd, LANG: "C.UTF-8", ...env }, stdio: ["pipe", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined).end(input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ stdout, stderr, status: code ?? (signal === "SIGKILL" ? 137 : 1) });
    });
  });
}
