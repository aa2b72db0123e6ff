import { tmpdir } from "node:os";
import { join } from "node:path";
import { installProgram } from "../install/install.ts";
import { installPlan, type InstallPlan } from "../install/plan.ts";
import { agentKind } from "../kinds.ts";
import type { Target } from "../model.ts";
import { runCommand } from "./run-command.ts";

/** A program as tests find it on this machine. */
export interface InstalledProgram {
  readonly plan: InstallPlan;
  /** What starts it here: its absolute path, after this Node where it is JavaScript. */
  readonly argv: readonly string[];
}

/** This machine, as a target. */
export const thisMachine: Target = { arch: process.arch === "arm64" ? "arm64" : "x64", libc: "glibc" };

/** The folder all packages' tests share for programs: BOTTLE_TEST_CACHE, or one in the system's temporary folder. */
export function testProgramsDirectory(): string {
  return process.env["BOTTLE_TEST_CACHE"] ?? join(tmpdir(), "bottle-test-programs");
}

/** Installs a kind's real program from npm, once for all tests on this machine. */
export async function installedProgram(kindName: string): Promise<InstalledProgram> {
  const kind = agentKind(kindName);
  const plan = installPlan(kind, { directory: testProgramsDirectory(), target: thisMachine });
  if (plan === undefined) throw new Error(`The kind "${kindName}" has no program to install.`);
  await installProgram(plan, { run: runCommand });
  const path = join(plan.directory, plan.entry);
  return { plan, argv: kind.package?.needsNode === true ? [process.execPath, path] : [path] };
}
