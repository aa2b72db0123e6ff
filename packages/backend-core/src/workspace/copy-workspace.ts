import { spawn } from "node:child_process";
import { lstat, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { BottleError } from "../errors.ts";
import { freeAt } from "../state/no-space.ts";
import { isInside } from "./refuse-own-state.ts";

/**
 * Copies a tree with GNU cp: modes, times, links as links, hard links, sparse files; by reflink where the file system can.
 * It beats code of our own by years of corner cases. The copy appears whole or not at all.
 * @param source absolute folder; a `target` inside of it is left out
 * @param target absolute path that does not exist yet
 * @throws BottleError `workspace-failed` with cp's first complaint
 */
export async function copyWorkspace(source: string, target: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
  options.signal?.throwIfAborted();
  const from = await readableFolder(source);
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  try {
    if (isInside(from, await realpath(dirname(target)).catch(() => dirname(target)))) await refuseNesting(from, target);
    await runCopy(from, partial, options.signal);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function readableFolder(source: string): Promise<string> {
  const path = await realpath(source).catch((cause: unknown) => {
    throw workspaceError(`The workspace ${source} cannot be read.`, "Name a folder that exists and is readable.", cause);
  });
  if ((await lstat(path)).isDirectory()) return path;
  throw workspaceError(`The workspace ${source} is not a folder.`, "Name a folder.");
}

async function refuseNesting(from: string, target: string): Promise<never> {
  throw workspaceError(`The workspace ${from} contains bottle's own state (${dirname(target)}), so it would be copied into itself.`,
    "Choose a narrower --workspace, or put BOTTLE_HOME elsewhere.");
}

async function runCopy(from: string, partial: string, signal?: AbortSignal): Promise<void> {
  const child = spawn("cp", ["--archive", "--reflink=auto", "--no-target-directory", "--", from, partial], {
    stdio: ["ignore", "ignore", "pipe"], env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" }, ...(signal && { signal }),
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (complaint.length < 4096) complaint += text;
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  signal?.throwIfAborted();
  if (code === 0) return;
  const first = complaint.split("\n")[0] ?? "";
  throw workspaceError(`The workspace ${from} could not be copied: ${first || "cp ended early"}`, await remedy(first, dirname(partial)));
}

async function remedy(complaint: string, folder: string): Promise<string> {
  if (complaint.includes("No space left")) return `Make room: ${await freeAt(folder)}.`;
  if (complaint.includes("Permission denied")) return "Make the file readable, move it out of the workspace, or choose a narrower --workspace.";
  return "Look at the file, or choose a narrower --workspace.";
}

function workspaceError(message: string, mend: string, cause?: unknown): BottleError {
  return new BottleError("workspace-failed", message, { mend, cause });
}
