import { chmod, lstat, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BottleError } from "../errors.ts";
import { readAll } from "./read-all.ts";
import { ending, start } from "./start.ts";

/** A program to be run inside a bottle, and how. */
export interface Entry {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it gets a session of its own; not on a terminal, which makes one. */
  readonly ownSession: boolean;
}

/** A program inside, reached by a client's pipes or by a connection. */
export interface Entered {
  readonly child: { readonly stdin: Writable | null; readonly stdout: Readable | null; readonly stderr: Readable | null };
  /** Its exit code. */
  readonly ended: Promise<number>;
}

/** Starts a program inside. */
export type Enter = (entry: Entry) => Promise<Entered>;

const inside = (argv: readonly string[]): Entry => ({ argv, cwd: "/", env: {}, ownSession: true });

/**
 * Copies a host file or folder to a path inside, as a tar stream unpacked in there: links of the agent's making can
 * lead it nowhere but into the bottle.
 * @throws BottleError `exec-failed`
 */
export async function copyIn(enter: Enter, source: string, target: string): Promise<void> {
  const isFolder = (await lstat(source)).isDirectory();
  const pack = isFolder ? ["-C", source, "-cf", "-", "."] : ["-C", dirname(source), "-cf", "-", "--", basename(source)];
  const unpack = isFolder
    ? `mkdir -p "$1" && exec tar --no-same-owner -C "$1" -xf -`
    : `mkdir -p "$(dirname "$1")" && rm -f "$1" && exec tar --no-same-owner -xOf - > "$1"`;
  const { child, ended } = await enter(inside(["/bin/sh", "-c", unpack, "sh", target]));
  // Started last and read at once: Node throws away what a child that has ended wrote and nobody read.
  const tar = start(["tar", ...pack], { stdio: ["ignore", "pipe", "pipe"], label: "", detached: true });
  const packed = ending(tar);
  const complaints = Promise.all([readAll(tar.stderr), readAll(child.stderr), readAll(child.stdout)]);
  if (tar.stdout && child.stdin) await pipeline(tar.stdout, child.stdin).catch(() => undefined);
  const failed = await packed + await ended;
  if (failed > 0) throw copyFailed(`${source} could not be copied to ${target} in the bottle`, await complaints);
}

/**
 * Copies a path inside to a host path that must not exist. The tar stream is the agent's: it is unpacked into a folder
 * nobody else can enter, without owners and special modes, and GNU tar refuses members that leave it (`..`, absolute
 * names, links first). Devices, which root's tar would make, pipes and sockets are taken out before it appears.
 * @throws BottleError `exec-failed`
 */
export async function copyOut(enter: Enter, source: string, target: string): Promise<void> {
  await refuseExisting(source, target);
  const partial = `${target}.${process.pid}.partial`;
  await mkdir(partial, { mode: 0o700 });
  try {
    const unpacked = join(partial, "content");
    await mkdir(unpacked);
    await unpack(enter, source, { target, unpacked });
    // A folder its owner may not write to cannot be moved (rename(2), EACCES).
    await chmod(unpacked, (await lstat(unpacked)).mode & 0o777 | 0o700);
    await rename(unpacked, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function refuseExisting(source: string, target: string): Promise<void> {
  if (await lstat(target).catch(() => undefined)) throw copyFailed(`${source} could not be copied to ${target}`, [Buffer.from("it is there already")]);
}

async function unpack(enter: Enter, source: string, { target, unpacked }: { readonly target: string; readonly unpacked: string }): Promise<void> {
  const { child, ended } = await enter(inside(["/bin/sh", "-c", `if [ -d "$1" ]; then exec tar -C "$1" -cf - .; else exec tar -C "$(dirname "$1")" -cf - -- "$(basename "$1")"; fi`, "sh", source]));
  const tar = start(["tar", "--no-same-owner", "--no-same-permissions", "-C", unpacked, "-xf", "-"], {
    stdio: ["pipe", "ignore", "pipe"], label: "", detached: true,
  });
  child.stdin?.end();
  const complaints = Promise.all([readAll(tar.stderr), readAll(child.stderr)]);
  const done = ending(tar);
  if (child.stdout && tar.stdin) await pipeline(child.stdout, tar.stdin).catch(() => undefined);
  const failed = await done + await ended + await ending(start(["find", unpacked, ...harmless], { stdio: "ignore", label: "", detached: true }));
  if (failed > 0) throw copyFailed(`${source} of the bottle could not be copied to ${target}`, await complaints);
}

const harmless = ["(", "!", "-type", "f", "!", "-type", "d", "!", "-type", "l", "-delete", ")", "-o", "-type", "f", "-perm", "/6000", "-execdir", "chmod", "a-s", "--", "{}", "+"];

function copyFailed(what: string, complaints: readonly Uint8Array[]): BottleError {
  const said = complaints.map((bytes) => Buffer.from(bytes).toString().trim()).filter(Boolean).join("; ");
  return new BottleError("exec-failed", `${what}: ${said || "the copy ended early"}`, { mend: "Look at the path, its permissions and the free space." });
}
