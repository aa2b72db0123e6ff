import { shownRoute } from "@bottle/manifest/state";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { ageOf, span } from "../output/age.ts";
import { jsonText } from "../output/json.ts";
import { styleOf, table } from "../output/style.ts";
import { findById } from "../proposals/find.ts";
import { operatorName } from "../proposals/operator.ts";
import { supervisorOf } from "../proposals/order.ts";
import { readGranted, type Granted } from "../proposals/read-asked.ts";
import { openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

// One that was granted just now may still be on its way to its first use.
const settledMs = 10 * 60_000;

/** Lists what was granted besides the manifests, how it is used, and what could be taken back. */
export async function grants(context: Context, identity: string | undefined, { json }: { readonly json: boolean }): Promise<number> {
  const state = openState(context);
  if (identity !== undefined) await knownBottle(state, identity);
  const all = await readGranted(context, state, identity);
  if (json) {
    context.out(jsonText(all.map(({ grant, metadata, isRunning }) => ({ identity: metadata.identity, running: isRunning, ...grant }))));
    return exitStatus.ok;
  }
  if (all.length === 0) context.err("Nothing is granted besides the manifests.");
  else context.out(table([["BOTTLE", "ID", "WHAT", "SINCE", "LEFT", "USED", "LAST USED"], ...all.map((granted) => row(granted, context.now()))]));
  const unused = all.filter((granted) => isUnused(granted, context.now()));
  if (unused.length > 0) {
    const { dim } = styleOf(context);
    context.err(dim("Never used; what is not needed is better taken back:"));
    for (const { grant } of unused) context.err(`  bottle grants revoke ${grant.proposal}`);
  }
  return exitStatus.ok;
}

/** Takes a grant back; what it allowed is cut. @throws CliError `proposal-unknown`, `not-running`, `proposal-refused` */
export async function revoke(context: Context, id: string, { by = operatorName(), json }: { readonly by?: string; readonly json: boolean }): Promise<number> {
  const state = openState(context);
  const { grant, metadata, isRunning } = findById(await readGranted(context, state), id, (granted) => granted.grant.proposal);
  const { identity } = metadata;
  if (!isRunning) throw new CliError("not-running", `${grant.proposal} cannot be taken back now: ${identity} does not run.`, { status: exitStatus.refused, mend: `\`bottle resume ${identity}\` first; until then nothing is let through.` });
  await (await supervisorOf(context, state, metadata)).revoke({ op: "revoke", proposal: grant.proposal, by });
  context.out(json ? jsonText({ identity, ...grant, revokedBy: by }) : `${grant.proposal} is taken back from ${identity}; what it let through is cut.`);
  if (grant.always === true) context.err(`The route is in bottles/${metadata.bottle}.md as well; \`bottle edit bottle ${metadata.bottle}\` takes it out there.`);
  return exitStatus.ok;
}

function row({ grant, metadata, isRunning }: Granted, now: Date): readonly string[] {
  const { proposal, kind, route, since, used, lastUsedAt } = grant;
  return [
    metadata.identity, proposal, `${kind === "pipelock" ? "through pipelock: " : ""}${shownRoute(route)}`, `${ageOf(since, now)} ago`, `${left(grant, now)}${isRunning ? "" : ", not running"}`,
    String(used), lastUsedAt === undefined ? "never" : `${ageOf(lastUsedAt, now)} ago`,
  ];
}

function left({ until, uses, used }: Granted["grant"], now: Date): string {
  const parts = [
    ...(until === undefined ? [] : [Date.parse(until) > now.getTime() ? span(Date.parse(until) - now.getTime()) : "over"]),
    ...(uses === undefined ? [] : [`${Math.max(0, uses - used)} of ${uses} uses`]),
  ];
  return parts.length === 0 ? "stays" : parts.join(", ");
}

function isUnused({ grant: { used, since, kind } }: Granted, now: Date): boolean {
  return kind === "egress" && used === 0 && now.getTime() - Date.parse(since) > settledMs;
}
