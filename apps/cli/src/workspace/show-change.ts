import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import type { Style } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { fsPath, shownPath } from "./byte-path.ts";
import type { Change } from "./change.ts";
import { openRegular } from "./home-entry.ts";
import type { Entry } from "./tree.ts";

const mostFiles = 400;
const mostBytes = 262_144;
const sniffBytes = 8000;
const marks = { add: "A", modify: "M", mode: "P", delete: "D" } as const;

/** The changes as a list: what each one does, and what does not come home, with why. */
export function listChanges(changes: readonly Change[], style: Style): readonly string[] {
  return changes.map(({ path, action, verdict, why, isObeyed, before, after }) => {
    const name = `${shownPath(path)}${(after ?? before)?.type === "folder" ? "/" : ""}${linkTarget(after)}`;
    const bits = action === "mode" && before && after ? `  ${octal(before)} → ${octal(after)}` : action === "add" && after && (after.mode & 0o111) !== 0 && after.type === "file" ? "  executable" : "";
    const line = `${marks[action]} ${name}${bits}`;
    if (verdict !== "ready") return style.bad(`${line}  ${verdict}: ${why ?? ""}`);
    return isObeyed ? style.bad(`${line}  programs on this machine obey this`) : line;
  });
}

function linkTarget(after: Entry | undefined): string {
  return after?.type === "link" ? ` → ${shownPath(after.target)}` : "";
}

function octal({ mode }: Entry): string {
  return (mode & 0o777).toString(8).padStart(3, "0");
}

/**
 * The contents that changed, as a unified diff made by git; nothing if there is no git. Files go through copies under
 * plain names, so that neither names nor attributes of the agent's reach git, and each line is made safe for a terminal.
 */
export async function showContents(changes: readonly Change[], sides: { readonly copy: string; readonly home: string }, style: Style): Promise<readonly string[]> {
  const files = changes.filter(({ before, after, home }) => [after, home ?? before].some((entry) => entry?.type === "file")).slice(0, mostFiles);
  const folder = await mkdtemp(join(tmpdir(), "bottle-diff-"));
  try {
    await Promise.all(["a", "b"].map((side) => mkdir(join(folder, side))));
    const notes = new Map<number, string>();
    for (const [index, change] of files.entries()) {
      const note = await stage(change, sides, { folder, name: String(index) });
      if (note !== undefined) notes.set(index, note);
    }
    const hunks = splitDiff(await gitDiff(folder));
    return files.flatMap((change, index) => section(change, { hunks: hunks.get(index) ?? [], note: notes.get(index) }, style));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function section({ path }: Change, shown: { readonly hunks: readonly string[]; readonly note: string | undefined }, style: Style): readonly string[] {
  if (shown.hunks.length === 0 && shown.note === undefined) return [];
  const paint = (line: string): string => {
    const text = `${line[0] ?? ""}${visible(line.slice(1), { keepLines: false, keepTabs: true })}`;
    return line.startsWith("+") ? style.good(text) : line.startsWith("-") ? style.bad(text) : line.startsWith("@@") ? style.dim(text) : text;
  };
  return ["", style.bold(shownPath(path)), ...(shown.note === undefined ? shown.hunks.map(paint) : [`  (${shown.note})`])];
}

// Returns why the contents are not shown, if they are not.
async function stage(change: Change, { copy, home }: { readonly copy: string; readonly home: string }, { folder, name }: { readonly folder: string; readonly name: string }): Promise<string | undefined> {
  const parts = [
    { side: "a", entry: change.home, location: fsPath(home, change.path) },
    { side: "b", entry: change.after, location: fsPath(copy, change.path) },
  ];
  const contents = await Promise.all(parts.map(({ entry, location }) => (entry?.type === "file" ? readSome(location) : Promise.resolve(undefined))));
  const size = Math.max(...parts.map(({ entry }) => entry?.size ?? 0));
  if (contents.some((content) => content === null)) return "cannot be read";
  if (size > mostBytes) return `${size} bytes, too long to show`;
  if (contents.some((content) => content?.subarray(0, sniffBytes).includes(0))) return `binary, ${change.after?.size ?? 0} bytes`;
  await Promise.all(parts.map(({ side }, index) => {
    const content = contents[index];
    return content ? writeFile(join(folder, side, name), content) : undefined;
  }));
  return undefined;
}

async function readSome(location: Buffer): Promise<Buffer | null> {
  try {
    await using file = await openRegular(location);
    const buffer = Buffer.alloc(mostBytes);
    const { bytesRead } = await file.read(buffer, 0, mostBytes, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return null;
  }
}

/** The hunks of each numbered file; lines of content can't be taken for headers, since each begins with a mark. */
function splitDiff(text: string): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  let current: string[] = [];
  let isInside = false;
  for (const line of text.split("\n")) {
    const header = /^diff --git a\/[ab]\/([0-9]+) /.exec(line);
    if (header) {
      current = [];
      isInside = false;
      found.set(Number(header[1]), current);
    } else if (line.startsWith("@@")) isInside = current.push(line) > 0;
    else if (isInside && /^[ +\\-]/.test(line)) current.push(line);
  }
  return found;
}

async function gitDiff(folder: string): Promise<string> {
  const child = spawn("git", ["--no-pager", "diff", "--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--text", "a", "b"], {
    cwd: folder, stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C.UTF-8" },
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await new Promise<void>((resolve) => child.once("error", () => resolve()).once("close", () => resolve()));
  return text;
}

