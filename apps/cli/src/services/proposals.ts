import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { ageOf } from "../output/age.ts";
import { jsonText } from "../output/json.ts";
import { styleOf, table } from "../output/style.ts";
import { backgroundOf } from "../proposals/background.ts";
import { findById } from "../proposals/find.ts";
import { readAsked, type Asked } from "../proposals/read-asked.ts";
import { rowOf, showProposal } from "../proposals/show-proposal.ts";
import { openState } from "./backends.ts";

const pauseMs = 2000;
const cell = { what: 60, why: 40 };

/** Lists what the agents of all bottles ask for, and with `follow` goes on as it comes. */
export async function proposals(context: Context, options: { readonly all: boolean; readonly follow: boolean; readonly json: boolean }): Promise<number> {
  const state = openState(context);
  const wanted = async (): Promise<readonly Asked[]> => (await readAsked(context, state)).filter(({ proposal }) => options.all || proposal.state === "pending");
  const first = await wanted();
  if (options.follow) return follow(context, { first, wanted, json: options.json });
  if (options.json) context.out(jsonText(first.map(asJson)));
  else if (first.length === 0) context.err(options.all ? "Nothing was ever asked for." : "Nobody asks for anything. `bottle proposals --all` lists what was decided.");
  else context.out(table([["BOTTLE", "ID", "AGE", "STATE", "WHAT", "WHY"], ...first.map((asked) => row(asked, context.now()))]));
  return exitStatus.ok;
}

/** Shows one proposal with what it would add. */
export async function showProposalCommand(context: Context, id: string, { json }: { readonly json: boolean }): Promise<number> {
  const state = openState(context);
  const asked = findById(await readAsked(context, state), id, ({ proposal }) => proposal.id);
  if (json) {
    context.out(jsonText(asJson(asked)));
    return exitStatus.ok;
  }
  for (const line of showProposal(asked.proposal, await backgroundOf(context, state, asked))) context.out(line);
  const { identity, state: at } = asked.proposal;
  if (at === "pending") context.err(asked.isRunning ? `\`bottle proposals approve ${asked.proposal.id}\` or \`reject\` decides.` : `${identity} does not run: \`bottle resume ${identity}\` first, then it can be decided.`);
  return exitStatus.ok;
}

// Its file's content, and whether it can be decided now.
function asJson({ proposal, isRunning }: Asked): object {
  return { ...proposal, running: isRunning };
}

function row({ proposal, isRunning }: Asked, now: Date): readonly string[] {
  const { identity, id, createdAt, state } = proposal;
  return [identity, id, ageOf(createdAt, now), state === "pending" && !isRunning ? "pending, not running" : state, ...rowOf(proposal, cell)];
}

async function follow(context: Context, { first, wanted, json }: { readonly first: readonly Asked[]; readonly wanted: () => Promise<readonly Asked[]>; readonly json: boolean }): Promise<number> {
  const said = new Map<string, string>();
  const say = (all: readonly Asked[]): void => {
    for (const asked of all.toReversed()) {
      const { id, state } = asked.proposal;
      if (said.get(id) === state) continue;
      said.set(id, state);
      context.out(json ? jsonText(asJson(asked), { isOneLine: true }) : row(asked, context.now()).join("  "));
    }
  };
  if (!json && context.hasColour) context.err(styleOf(context).dim("Waiting for what the agents ask; Ctrl-C ends it."));
  for (let all = first; !context.signal.aborted;) {
    say(all);
    await delay(pauseMs, undefined, { signal: context.signal }).catch(() => undefined);
    if (!context.signal.aborted) all = await wanted();
  }
  return exitStatus.ok;
}
