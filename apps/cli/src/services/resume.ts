import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { explainImage, restoreImage } from "../proposals/own-image.ts";
import { openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { resume } from "./start.ts";

/** What the operator asked for. */
export interface ResumeRequest {
  readonly identity: string;
  readonly args: readonly string[];
  readonly yes: boolean;
  readonly detach: boolean;
  /** With the image it had before the last one that was granted. */
  readonly previousImage: boolean;
  readonly keeper?: string;
}

/** Resumes a bottle that is not running. @throws CliError `identity-unknown`, `running`, `not-resumable`, `snapshot-invalid`, `image-unusable` */
export async function resumeBottle(context: Context, request: ResumeRequest): Promise<number> {
  const state = openState(context);
  const bottle = await knownBottle(state, request.identity);
  if (bottle.isKept) {
    throw new CliError("running", `${request.identity} is running.`, { status: exitStatus.refused, mend: `\`bottle attach ${request.identity}\` goes to it, \`bottle stop ${request.identity}\` ends it.` });
  }
  const resolved = await readSnapshot(state, bottle.metadata);
  const paths = state.directory(request.identity);
  if (request.previousImage) context.err(await restoreImage(paths, request.identity) === "own" ? "It goes back to the image it had before." : "It goes back to the common image.");
  try {
    return await resume(context, { ...request, agent: bottle.metadata.agent, dryRun: false, json: false }, resolved);
  } catch (error) {
    throw explainImage(error, paths, request.identity);
  }
}
