import { spawn, type ChildProcess } from "node:child_process";
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
  run(args: readonly string[], options?: RunOptions): Promise<BottleResult>;
  /** The command line of `bottle` with its environment, for a terminal or for signals. */
  command(args: readonly string[]): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
  /** Starts `bottle` without waiting for it; it reads nothing. */
  start(args: readonly string[]): ChildProcess;
}

/** How one command line is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Run by this user; only root can. */
  readonly uid?: number;
}

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const words = (args: readonly string[]): readonly string[] => ["--conditions=@bottle/source", main, ...args];

/** Makes a rig in a temporary folder. @param env what every command line is given beside the plain environment */
export async function createBottleRig(env: Readonly<Record<string, string>> = {}): Promise<BottleRig> {
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
    run: (args, options = {}) => run({ ...options, args, cwd: project, env: { ...env, BOTTLE_HOME: home, ...options.env } }),
    command: (args) => ({ argv: [process.execPath, ...words(args)], env: { ...plainEnv(project), ...env, BOTTLE_HOME: home } }),
    start: (args) => spawn(process.execPath, words(args), {
      cwd: project, env: { ...plainEnv(project), ...env, BOTTLE_HOME: home }, stdio: ["ignore", "pipe", "pipe"],
    }),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

// Each test has a BOTTLE_HOME of its own; to compile all sources anew for each command line takes half a second of it.
const compiled = fileURLToPath(new URL("../../../../node_modules/.cache/compiled", import.meta.url));

function plainEnv(home: string): Readonly<Record<string, string>> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", NODE_COMPILE_CACHE: compiled };
}

function run({ args, cwd, env, input, uid, timeoutMs = 120_000 }: RunOptions & { readonly args: readonly string[]; readonly cwd: string }): Promise<BottleResult> {
  const child = spawn(process.execPath, words(args), {
    cwd, env: { ...plainEnv(cwd), ...env }, stdio: ["pipe", "pipe", "pipe"], ...(uid !== undefined && { uid }),
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
