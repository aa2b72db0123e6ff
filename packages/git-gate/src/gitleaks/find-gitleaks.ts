import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../git/run.ts";
import { createBatch } from "./batch.ts";
import { versionCommand } from "./command.ts";

/** Whether and how gitleaks scans pushes as well. */
export interface GitleaksOptions {
  /** `if-present` (the default) goes on without one that is not there or not trusted; `required` does not start then. */
  readonly use?: "if-present" | "required" | "off";
  /** A name on PATH or a path; `gitleaks` unless told. */
  readonly program?: string;
}

/** A gitleaks that was tried. Plain data. */
export interface Gitleaks {
  readonly program: string;
  readonly version: string;
  /** Of the gate's own, 0700; what it looks through is put there for that long. */
  readonly directory: string;
}

/** What became of gitleaks at the start of a gate. */
export type GitleaksState =
  | { readonly state: "used"; readonly version: string }
  | { readonly state: "not-trusted"; readonly why: string }
  | { readonly state: "absent" | "off" };

const tryMs = 60_000;

/**
 * Looks for gitleaks and tries it: a version whose flags and statuses are known (8.19, which has `dir`, to 8), then a run that has
 * to find two canaries.
 * @param directory of the gate's own; emptied, since what an ended gate left there are contents of pushes
 */
export async function findGitleaks({ use = "if-present", program = "gitleaks" }: GitleaksOptions, directory: string): Promise<{ readonly state: GitleaksState; readonly gitleaks?: Gitleaks }> {
  await rm(directory, { recursive: true, force: true });
  if (use === "off") return { state: { state: "off" } };
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const version = await versionOf(program, directory);
  if (version === undefined) return { state: { state: "absent" } };
  const why = versionFault(version) ?? await canaryFault(program, directory);
  if (why !== undefined) return { state: { state: "not-trusted", why } };
  return { state: { state: "used", version }, gitleaks: { program, version, directory } };
}

async function versionOf(program: string, directory: string): Promise<string | undefined> {
  const home = join(directory, "home");
  await mkdir(home, { mode: 0o700 });
  try {
    const { stdout } = await run(versionCommand(program, home), { timeoutMs: tryMs, mostBytes: 64 * 1024 });
    return stdout.toString("utf8").trim().slice(0, 100);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? undefined : "";
  }
}

/** Why a version is not used, for people. */
export function versionFault(version: string): string | undefined {
  const [, major, minor] = /^v?([0-9]{1,3})\.([0-9]{1,3})\.[0-9]{1,4}(?:[-+.][0-9A-Za-z.+-]*)?$/.exec(version) ?? [];
  if (major === undefined) return "it does not say its version; a release does, and so does one that is built with it (-ldflags \"-X github.com/zricethezav/gitleaks/v8/version.Version=…\")";
  return Number(major) === 8 && Number(minor) >= 19 ? undefined : `it is version ${version}; 8.19 or a later 8 is known`;
}

async function canaryFault(program: string, directory: string): Promise<string | undefined> {
  await using batch = await createBatch(program, directory);
  return await batch.run({ timeoutMs: tryMs }).then(() => undefined, (error: unknown) => (error instanceof Error ? error.message : String(error)).replace(/\.$/, ""));
}
