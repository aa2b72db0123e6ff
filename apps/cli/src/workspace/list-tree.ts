import { spawn } from "node:child_process";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { CliError, exitStatus } from "../errors.ts";
import { findFormat, parseTree, type Baseline } from "./tree.ts";

// A listing longer than the longest string of Node cannot be read anyway.
const mostListedBytes = 2 ** 29 - 25;

/**
 * Lists a tree by GNU find, which neither follows links nor minds depth, and is several times faster than calls of our own.
 * A folder that can't be read is in the list, what it holds is not.
 * @throws CliError `workspace-unreadable`
 */
export async function listTree(folder: string, options: { readonly mostBytes?: number; readonly signal?: AbortSignal } = {}): Promise<Baseline> {
  const chunks: Buffer[] = [];
  const { mostBytes = mostListedBytes } = options;
  let bytes = 0;
  const child = find(folder, "pipe", options.signal);
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > mostBytes) child.stdout?.destroy();
    else chunks.push(chunk);
  });
  const { code, complaint } = await child.ended;
  options.signal?.throwIfAborted();
  if (bytes > mostBytes) throw unreadable(folder, "it holds too many names");
  // Text mode can't be used: a string holds at most 512 MiB, and a name may be any bytes.
  const tree = parsed(folder, Buffer.concat(chunks));
  if (code === 0 || (code === 1 && isOnlyUnread(complaint, tree))) return tree;
  throw unreadable(folder, complaint || "find ended early");
}

/**
 * Notes how a fresh copy looks, so that later it can be told what the agent changed. Called before the agent runs.
 * @param file appears whole or not at all
 * @throws CliError `workspace-unreadable`
 */
export async function recordBaseline(folder: string, file: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
  const partial = `${file}.${process.pid}.tmp`;
  try {
    await using target: FileHandle = await open(partial, "w", 0o600);
    const { code, complaint } = await find(folder, target.fd, options.signal).ended;
    options.signal?.throwIfAborted();
    if (code !== 0) throw unreadable(folder, complaint || "find ended early");
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

function find(folder: string, stdout: "pipe" | number, signal: AbortSignal | undefined) {
  const child = spawn("find", [".", "-mindepth", "1", "-printf", findFormat], {
    cwd: folder, stdio: ["ignore", stdout, "pipe"], env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" }, ...(signal && { signal }),
  });
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (complaint.length < 65_536) complaint += text;
  });
  const ended = new Promise<{ readonly code: number | null; readonly complaint: string }>((resolve) => {
    child.once("error", (error) => resolve({ code: null, complaint: error.message }));
    child.once("close", (code) => resolve({ code, complaint: complaint.trim() }));
  });
  return { stdout: child.stdout, ended };
}

function parsed(folder: string, bytes: Buffer): Baseline {
  try {
    return parseTree(bytes.toString("latin1"));
  } catch (cause) {
    throw unreadable(folder, cause instanceof Error ? cause.message : String(cause));
  }
}

// A running bottle changes under the eye; a folder closed to its owner is told by its mode.
function isOnlyUnread(complaint: string, tree: Baseline): boolean {
  if (complaint.includes("No such file or directory")) return true;
  return [...tree.values()].some(({ type, mode }) => type === "folder" && isClosed(mode));
}

/** Whether a folder of this mode can't be listed by its owner; what it holds is then unknown, never deleted. */
export function isClosed(mode: number): boolean {
  return (mode & 0o500) !== 0o500;
}

function unreadable(folder: string, why: string): CliError {
  return new CliError("workspace-unreadable", `The workspace ${folder} cannot be listed: ${why.split("\n")[0] ?? ""}`, {
    status: exitStatus.refused, mend: "Look at the folder and its permissions.",
  });
}
