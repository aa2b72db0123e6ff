import type { StateStore } from "@bottle/backend-core";
import type { Ask, Metadata } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { stop } from "../services/stop.ts";
import type { Supervisor } from "./order.ts";
import { writeOwnImage } from "./own-image.ts";

type Image = Extract<Ask, { readonly kind: "capability" }>;

/**
 * Puts an approved image in force: its Dockerfile is written, the sidecars are told, and the bottle is stopped with its home, workspace and
 * transcript kept. Each step counts only once the one before is done, so an operator's command that was killed can be given again.
 * @throws CliError `proposal-failed` if it cannot be written; the bottle then goes on
 */
export async function takeImage(context: Context, { state, metadata, supervisor, id, ask }: {
  readonly state: StateStore; readonly metadata: Metadata; readonly supervisor: Supervisor; readonly id: string; readonly ask: Image;
}): Promise<void> {
  const { identity } = metadata;
  try {
    await writeOwnImage(state.directory(identity), ask.dockerfile);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    await supervisor.decide({ op: "settle", proposal: id, outcome: "failed", detail: "Its Dockerfile could not be written." });
    throw new CliError("proposal-failed", `${id} was approved and could not be put in force: ${why}`, { status: exitStatus.refused, mend: `${identity} goes on as it is, and its agent is told.`, cause });
  }
  await supervisor.decide({ op: "settle", proposal: id, outcome: "applied" });
  context.err(`${identity} is stopped now, so that it can go on in its new image; home, workspace and transcript stay.`);
  await stop(context, { identity, all: false });
}
