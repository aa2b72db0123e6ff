import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readEntry, type Baseline, type BaselineEntry } from "./baseline.ts";

/** One thing the agent did to its copy. */
export interface Change {
  readonly path: string;
  readonly kind: "added" | "changed" | "deleted";
  /** What it is in the copy; absent for a deletion. */
  readonly now?: BaselineEntry;
  readonly before?: BaselineEntry;
  /** Whether programs on the host obey such a file. */
  readonly isObeyed: boolean;
  /** Why it is not brought home; absent if it can be. */
  readonly obstacle?: string;
}

/** What the changes are found from. */
export interface Trees {
  readonly baseline: Baseline;
  /** The copy as it is now. */
  readonly copy: Baseline;
  readonly copyRoot: string;
  /** The operator's own folder. */
  readonly sourceRoot: string;
}

const obeyed = [
  /(^|\/)\.(bottle|claude|codex|gemini|opencode|cursor|vscode|idea|husky|githooks|devcontainer)(\/|$)/i, /(^|\/)\.(envrc|mcp\.json|gitmodules|gitattributes|npmrc|yarnrc(\.yml)?|pnpmfile\.cjs|bashrc|profile|zshrc)$/i,
  /^\.github\/workflows\//i, /^\.gitlab-ci\.yml$/i, /(^|\/)(CLAUDE|AGENTS|GEMINI)\.md$/i,
  // A nested repository brings hooks and configuration of its own.
  /(^|\/)\.git(\/|$)/i,
];

/** Whether git, shells, editors, agents or CI run or obey a file of this name. Pure. */
export function isObeyed(path: string): boolean {
  return obeyed.some((pattern) => pattern.test(path));
}

/** The agent's changes, each judged against what the operator's folder is now. */
export async function findChanges(trees: Trees): Promise<readonly Change[]> {
  const { baseline, copy } = trees;
  const touched = [...copy].filter(([path, now]) => isTouched(baseline.get(path), now)).map(([path]) => path);
  const gone = [...baseline.keys()].filter((path) => !copy.has(path));
  const found: Change[] = [];
  for (const path of [...touched, ...gone].sort()) {
    const change = await judge(trees, path);
    if (change) found.push(change);
  }
  return found;
}

function isTouched(before: BaselineEntry | undefined, now: BaselineEntry): boolean {
  if (!before || before.type !== now.type || before.mode !== now.mode) return true;
  if (now.type === "folder") return false;
  return before.size !== now.size || before.mtimeNs !== now.mtimeNs || before.ctimeNs !== now.ctimeNs || before.target !== now.target;
}

async function judge(trees: Trees, path: string): Promise<Change | undefined> {
  const [before, now] = [trees.baseline.get(path), trees.copy.get(path)];
  const source = await readEntry(join(trees.sourceRoot, path));
  if (await isSame(trees, path, source)) return undefined;
  // Touched and put back, or only its times: nothing of the agent's is in it.
  if (before && now && source && isUnedited(before, source) && await isSameContent(trees, path, before, now)) return undefined;
  const kind = now === undefined ? "deleted" : before === undefined ? "added" : "changed";
  const obstacle = linkObstacle(path, now) ?? await editObstacle(trees, path, source);
  return { path, kind, isObeyed: isObeyed(path), ...(now && { now }), ...(before && { before }), ...(obstacle !== undefined && { obstacle }) };
}

/** Whether the operator's folder already has what the copy has. */
async function isSame(trees: Trees, path: string, source: BaselineEntry | undefined): Promise<boolean> {
  const now = trees.copy.get(path);
  if (!now || !source) return now === undefined && source === undefined;
  if (now.type !== source.type || (now.type !== "link" && now.mode !== source.mode)) return false;
  if (now.type === "folder") return true;
  if (now.type === "link") return now.target === source.target;
  return now.size === source.size && await haveSameBytes(join(trees.copyRoot, path), join(trees.sourceRoot, path));
}

async function isSameContent(trees: Trees, path: string, before: BaselineEntry, now: BaselineEntry): Promise<boolean> {
  if (before.type !== "file" || now.type !== "file" || before.mode !== now.mode || before.size !== now.size) return false;
  return haveSameBytes(join(trees.copyRoot, path), join(trees.sourceRoot, path));
}

function isUnedited(before: BaselineEntry, source: BaselineEntry): boolean {
  if (before.type !== source.type) return false;
  if (source.type === "folder") return true;
  return source.type === "link" ? before.target === source.target : before.size === source.size && before.mtimeNs === source.mtimeNs && before.mode === source.mode;
}

async function editObstacle({ baseline }: Trees, path: string, source: BaselineEntry | undefined): Promise<string | undefined> {
  const before = baseline.get(path);
  if (!before) return source === undefined ? undefined : "you have made a file of that name yourself";
  if (!source) return "you have deleted it yourself";
  return isUnedited(before, source) ? undefined : "you have changed it yourself since the bottle started";
}

/** A link may lead only to a place inside the workspace. */
function linkObstacle(path: string, now: BaselineEntry | undefined): string | undefined {
  if (now?.type !== "link") return undefined;
  const target = now.target ?? "";
  const parts = [...path.split("/").slice(0, -1), ...target.split("/")];
  let depth = 0;
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) return "it is a link out of the workspace";
  }
  if (target.startsWith("/")) return "it is a link out of the workspace";
  return parts.includes(".git") ? "it is a link into .git" : undefined;
}

async function haveSameBytes(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([readFile(a), readFile(b)]);
  return left.equals(right);
}
