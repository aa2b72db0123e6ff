import { describeCredentials, describeRemote, describeRoute, type Availability, type Backend } from "@bottle/backend-core";
import { unscannedByPipelock } from "@bottle/sidecars";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { visible } from "../output/visible.ts";
import { asksLines } from "./asks-lines.ts";
import { openState, registry } from "./backends.ts";
import { describeLimits } from "./describe-limits.ts";
import { knownBottle } from "./known-bottle.ts";
import { readSnapshot } from "./read-snapshot.ts";

/** What this machine, or one bottle on it, gives and does not give. */
export async function info(context: Context, identity: string | undefined, { json }: { readonly json: boolean }): Promise<number> {
  const facts = identity === undefined ? await machineFacts(context) : await bottleFacts(context, identity);
  context.out(json ? jsonText(facts) : lines(facts));
  return exitStatus.ok;
}

type Facts = Readonly<Record<string, string | readonly string[]>>;

async function machineFacts(context: Context): Promise<Facts> {
  const backends = await Promise.all(Object.entries(registry(context, openState(context))).map(async ([name, make]) => [name, await trial(await make())] as const));
  return {
    home: context.home,
    ...Object.fromEntries(backends.map(([name, availability]) => [name, sentences(name, availability)])),
    "not in this version": ["smolmachines"],
  };
}

// In earnest, since a look does not see what a start needs: bottle's images, for example.
async function trial(backend: Backend): Promise<Availability> {
  const availability = await backend.availability();
  return availability.available ? backend.trial() : availability;
}

function sentences(name: string, availability: Availability): readonly string[] {
  return availability.available ? [availability.version === name ? "can run here" : `can run here: ${availability.version}`, ...availability.caveats] : [`cannot run here: ${availability.reason}`, availability.mend];
}

async function bottleFacts(context: Context, identity: string): Promise<Facts> {
  const state = openState(context);
  const { metadata, status } = await knownBottle(state, identity);
  const paths = state.directory(identity);
  const snapshot = await readSnapshot(state, metadata).catch((error: unknown) => `unknown: ${error instanceof Error ? error.message : String(error)}`);
  const make = Object.entries(registry(context, state)).find(([name]) => name === metadata.backend)?.[1];
  const availability = make ? await (await make()).availability() : undefined;
  const unscanned = typeof snapshot === "string" ? [] : await unscannedByPipelock(snapshot.bottle.egress);
  const asks = typeof snapshot === "string" ? [] : asksLines({ supervise: snapshot.bottle.supervise, kind: metadata.kind });
  const { mode, source } = metadata.workspace;
  return {
    identity, status, agent: `${metadata.agent} (${metadata.kind}) in bottle ${metadata.bottle}`, backend: metadata.backend,
    since: metadata.resumedAt ?? metadata.createdAt,
    ...(metadata.exitCode !== undefined && { "agent's exit": String(metadata.exitCode) }),
    workspace: source === undefined ? "none" : `${mode} of ${source}`,
    "may reach": typeof snapshot === "string" ? [snapshot] : snapshot.bottle.egress.routes.map(describeRoute),
    ...(asks.length > 0 && { "may ask": asks }),
    ...(typeof snapshot !== "string" && snapshot.bottle.git.length > 0 && { git: snapshot.bottle.git.map((remote) => describeRemote(remote)) }),
    credentials: typeof snapshot === "string" ? [] : describeCredentials(snapshot.bottle.egress),
    ...(unscanned.length > 0 && { unscanned }),
    limits: typeof snapshot === "string" ? [] : describeLimits(snapshot.bottle.limits),
    "not given": availability?.available ? availability.caveats : [],
    state: paths.root,
  };
}

function lines(facts: Facts): string {
  return Object.entries(facts).flatMap(([name, value]) => {
    const values = typeof value === "string" ? [value] : value.length === 0 ? ["none"] : value;
    return values.map((text, index) => `${(index === 0 ? name : "").padEnd(20)} ${visible(text)}`);
  }).join("\n");
}
