import type { StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { styleOf } from "../output/style.ts";
import { readSnapshot } from "../services/read-snapshot.ts";
import { readOwnImage } from "./own-image.ts";
import { readGranted, type Asked } from "./read-asked.ts";
import { routesInForce, type Background } from "./show-proposal.ts";

/** What a proposal is shown against: the routes of its bottle's manifest, what was granted, its image. */
export async function backgroundOf(context: Context, state: StateStore, { metadata, proposal }: Asked): Promise<Background> {
  const isImage = proposal.ask.kind === "capability";
  const [snapshot, granted, dockerfile] = await Promise.all([
    isImage ? undefined : readSnapshot(state, metadata).catch(() => undefined),
    isImage ? [] : readGranted(context, state, metadata.identity),
    isImage ? readOwnImage(state.directory(metadata.identity)) : undefined,
  ]);
  return {
    inForce: snapshot && routesInForce(snapshot.bottle.egress.routes, granted.map(({ grant }) => grant)),
    ...(dockerfile !== undefined && { dockerfile }), now: context.now(), style: styleOf(context),
  };
}
