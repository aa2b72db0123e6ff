import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeHook } from "../receive/hook.ts";
import { gitEnvironment } from "./environment.ts";
import { run } from "./run.ts";
import { sweepLocks, sweepQuarantines } from "./sweep.ts";

/** What a push may bring at most, told to git itself, which ends the upload. */
export interface ReceiveLimits {
  readonly packBytes: number;
}

// Everything that decides what a push or fetch may do, and nothing that runs a program but our hook.
const configuration = (hooks: string, { packBytes }: ReceiveLimits): string => `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogallrefupdates = false
\thooksPath = ${quoted(hooks)}
[receive]
\tfsckObjects = true
\tautogc = false
\tshallowUpdate = false
\tadvertiseAtomic = true
\tadvertisePushOptions = false
\tdenyCurrentBranch = ignore
\tdenyDeleteCurrent = ignore
\tmaxInputSize = ${packBytes}
\tunpackLimit = 1
[fetch]
\tunpackLimit = 1
\twriteCommitGraph = false
[uploadpack]
\tallowFilter = true
[http]
\tuploadpack = true
\treceivepack = true
\tgetanyfile = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
`;

/**
 * Makes a bare repository, or takes the one that is there, with our configuration and hook written anew, and without what a gate that was killed left half done.
 * @returns its path
 */
export async function openRepository(directory: string, name: string, limits: ReceiveLimits): Promise<string> {
  const path = join(directory, `${name}.git`);
  const hooks = join(directory, `${name}.hooks`);
  const scratch = join(directory, `${name}.home`);
  for (const folder of [path, hooks, scratch]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await sweepLocks(path);
  const made = await run({ argv: ["git", "init", "--quiet", "--bare", "--template=", "--initial-branch=main", path], env: gitEnvironment(scratch) });
  if (made.code !== 0) throw new Error(`git init failed: ${made.stderr.trim()}`);
  await sweepQuarantines(path);
  await writeFile(join(path, "config"), configuration(hooks, limits), { mode: 0o600 });
  await writeHook(join(hooks, "pre-receive"));
  return path;
}

// git-config(1): in double quotes, with backslash and quote escaped.
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
