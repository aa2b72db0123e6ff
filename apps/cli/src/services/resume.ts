import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { resume } from "./start.ts";

/** Resumes a bottle that is not running. @throws CliError `identity-unknown`, `running`, `not-resumable`, `snapshot-invalid` */
export async function resumeBottle(context: Context, request: { readonly identity: string; readonly args: readonly string[]; readonly yes: boolean; readonly detach: boolean; readonly keeper?: string }): Promise<number> {
  const state = openState(context);
  const bottle = await knownBottle(state, request.identity);
  if (bottle.isKept) {
    throw new CliError("running", `${request.identity} is running.`, { status: exitStatus.refused, mend: `\`bottle attach ${request.identity}\` goes to it, \`bottle stop ${request.identity}\` ends it.` });
  }
  return resume(context, { ...request, agent: bottle.metadata.agent, dryRun: false, json: false }, await readSnapshot(state, bottle.metadata));
}
