import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bringHome, type Arrival } from "../workspace/bring-home.ts";
import { findCandidates, type Change } from "../workspace/change.ts";
import { judge } from "../workspace/judge.ts";
import { listTree, recordBaseline } from "../workspace/list-tree.ts";
import { remember, type Found } from "../workspace/remember.ts";
import { parseTree } from "../workspace/tree.ts";

/** An operator's folder and the copy an agent works in. */
export interface CopiedProject extends Disposable {
  readonly root: string;
  readonly home: string;
  readonly copy: string;
  look(): Promise<Found>;
  /** Brings home everything that is ready, obeyed files too, and remembers it. */
  bring(): Promise<readonly Arrival[]>;
  /** `action verdict path` of each change; refusals and conflicts with why. */
  lines(): Promise<readonly string[]>;
}

/** Makes a folder of these files, copies it as a launch does, and notes the baseline. */
export async function copyProject(files: Readonly<Record<string, string>>): Promise<CopiedProject> {
  const root = await mkdtemp(join(tmpdir(), "bottle-copied-"));
  const [home, copy, baselineFile] = [join(root, "home"), join(root, "copy"), join(root, "baseline")];
  await mkdir(home);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content);
  }
  execFileSync("cp", ["-a", home, copy]);
  await recordBaseline(copy, baselineFile);
  const look = async (): Promise<Found> => {
    const baseline = parseTree((await readFile(baselineFile)).toString("latin1"));
    const tree = await listTree(copy);
    return { baseline, tree, home, baselineFile, changes: await judge(findCandidates(baseline, tree), { copy, home, tree }) };
  };
  return {
    root, home, copy, look,
    async bring() {
      const found = await look();
      const arrivals = await bringHome(found.changes.filter(({ verdict }) => verdict === "ready"), { copy, home, isRoot: process.getuid?.() === 0 });
      await remember(found, arrivals);
      return arrivals;
    },
    lines: async () => (await look()).changes.map(line),
    [Symbol.dispose]: () => {
      // Node's own rm can't remove what is deeper than a path can be long.
      execFileSync("chmod", ["-R", "u+rwX", root]);
      execFileSync("rm", ["-rf", root]);
    },
  };
}

function line({ action, verdict, path, why, isObeyed }: Change): string {
  return `${action} ${verdict}${isObeyed ? " obeyed" : ""} ${path}${why === undefined ? "" : `: ${why}`}`;
}

/** Runs a shell script in a folder: what an agent, or the operator, does there. */
export function act(folder: string, script: string): void {
  execFileSync("bash", ["-euc", script], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}
