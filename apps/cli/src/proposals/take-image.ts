import type { StateStore } from "@bottle/backend-core";
import type { Ask, Metadata } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { stop } from "../services/stop.ts";
import type { Supervisor } from "./order.ts";
import { writeOwnImage } from "./own-image.ts";

type Image = Extract<Ask, { readonly kind: "capability" }>;

/**
 * Puts an approved image in force: its Dockerfile is written, the sidecars are told, and the bottle is stopped with its home, workspace and
 * transcript kept. Each step counts only once the one before is done, so an operator's command that was killed can be given again.
 */
export async function takeImage(context: Context, { state, metadata, supervisor, id, ask }: {
  readonly state: StateStore; readonly metadata: Metadata; readonly supervisor: Supervisor; readonly id: string; readonly ask: Image;
}): Promise<void> {
  const { identity } = metadata;
  await writeOwnImage(state.directory(identity), ask.dockerfile);
  await supervisor.decide({ op: "settle", proposal: id, outcome: "applied" });
  context.err(`${identity} is stopped now, so that it can go on in its new image; home, workspace and transcript stay.`);
  await stop(context, { identity, all: false });
}
