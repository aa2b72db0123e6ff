import { readFile } from "node:fs/promises";
import type { Resolved } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";
import { resume } from "./start.ts";

/** Resumes a bottle that is not running. @throws CliError `identity-unknown`, `running`, `not-resumable` */
export async function resumeBottle(context: Context, request: { readonly identity: string; readonly args: readonly string[]; readonly yes: boolean; readonly detach: boolean; readonly keeper?: string }): Promise<number> {
  const state = openState(context);
  const bottle = await knownBottle(state, request.identity);
  if (bottle.isKept) {
    throw new CliError("running", `${request.identity} is running.`, { status: exitStatus.refused, mend: `\`bottle attach ${request.identity}\` goes to it, \`bottle stop ${request.identity}\` ends it.` });
  }
  const resolved = await readSnapshot(state.directory(request.identity).manifest, request.identity);
  return resume(context, { ...request, agent: bottle.metadata.agent, dryRun: false, json: false }, resolved);
}

async function readSnapshot(file: string, identity: string): Promise<Resolved> {
  try {
    // Written by bottle itself, in a folder no agent can see.
    return JSON.parse(await readFile(file, "utf8")) as Resolved;
  } catch (cause) {
    throw new CliError("not-resumable", `${identity} has no manifest to resume with: its agent never started.`, { status: exitStatus.refused, mend: "Start a new one; `bottle cleanup` removes this one.", cause });
  }
}
