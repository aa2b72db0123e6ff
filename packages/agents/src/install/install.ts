import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AgentsError } from "../errors.ts";
import type { InstallPlan } from "./plan.ts";

/** What a finished command left. */
export interface CommandResult {
  readonly exitCode: number;
  /** What it said on standard error. */
  readonly stderr: string;
}

/** Runs a program found in PATH, without a shell; rejects if it cannot be started or the signal aborts. */
export type CommandRunner = (
  argv: readonly string[],
  options: { readonly cwd: string; readonly signal?: AbortSignal },
) => Promise<CommandResult>;

/** Options of `installProgram`. */
export interface InstallOptions {
  readonly run: CommandRunner;
  readonly signal?: AbortSignal;
}

/**
 * Installs a program unless it is there. It appears whole or not at all; of several installers at once the first wins and
 * the others use its result.
 * @returns true if this call installed it
 * @throws AgentsError `install-failed` with the end of what npm said
 */
export async function installProgram(plan: InstallPlan, { run, signal }: InstallOptions): Promise<boolean> {
  if (await isFile(join(plan.directory, plan.entry))) return false;
  const parent = dirname(plan.directory);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const making = await mkdtemp(join(parent, `.installing-${process.pid}-`));
  try {
    await runNpm(plan, making, { run, ...(signal === undefined ? {} : { signal }) });
    signal?.throwIfAborted();
    // Made for its owner only; the bottle's account must read it too.
    await chmod(making, 0o755);
    return await claim(plan, making);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function runNpm(plan: InstallPlan, cwd: string, { run, signal }: InstallOptions): Promise<void> {
  const result = await run(plan.argv, { cwd, ...(signal === undefined ? {} : { signal }) }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw failure(plan, "npm could not be started.", cause);
  });
  if (result.exitCode !== 0) throw failure(plan, `npm ended with ${result.exitCode}: ${result.stderr.trim().slice(-2000)}`);
  if (!await isFile(join(cwd, plan.entry))) throw failure(plan, `the package does not hold ${plan.entry}.`);
}

async function claim(plan: InstallPlan, making: string): Promise<boolean> {
  try {
    await rename(making, plan.directory);
    return true;
  } catch (cause) {
    if (await isFile(join(plan.directory, plan.entry))) return false;
    throw failure(plan, `${plan.directory} is in the way and does not hold the program.`, cause);
  }
}

function failure(plan: InstallPlan, why: string, cause?: unknown): AgentsError {
  return new AgentsError("install-failed", `${plan.package} was not installed: ${why}`, {
    mend: `Check the network and npm's registry, remove ${plan.directory} if it exists, and try again.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isFile(), () => false);
}

// An installer that was killed leaves its folder; the process number in the name tells whether it still runs.
async function removeAbandoned(parent: string): Promise<void> {
  const names = await readdir(parent);
  const abandoned = names.filter((name) => isAbandoned(/^\.installing-([0-9]+)-/.exec(basename(name))?.[1]));
  await Promise.all(abandoned.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

function isAbandoned(pid: string | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
