import type { StateStore } from "@bottle/backend-core";
import type { AskedRoute, Lifetime, Proposal } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { jsonText } from "../output/json.ts";
import { styleOf } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { backgroundOf } from "../proposals/background.ts";
import { decidedAlready, isHalfKept, isHalfTaken, requireDecidable } from "../proposals/decidable.ts";
import { editRoute } from "../proposals/edit-route.ts";
import { findById } from "../proposals/find.ts";
import { describeLifetime, lifetimeOf, type LifetimeFlags } from "../proposals/lifetime.ts";
import { operatorName } from "../proposals/operator.ts";
import { supervisorOf } from "../proposals/order.ts";
import { readAsked, type Asked } from "../proposals/read-asked.ts";
import { showProposal, showRoute } from "../proposals/show-proposal.ts";
import { takeImage } from "../proposals/take-image.ts";
import { planManifest, showManifestChange, writeManifest, type ManifestChange } from "../proposals/to-manifest.ts";
import { openState } from "./backends.ts";

/** How an operator decides. */
export interface DecideFlags extends LifetimeFlags {
  /** What was looked at, where nobody can be asked. */
  readonly hash?: string;
  readonly always?: boolean;
  readonly reason?: string;
  readonly by?: string;
  readonly json: boolean;
}

/** Says yes to a proposal after showing it, and returns once it is in force. @throws CliError `proposal-decided`, `proposal-changed`, `proposal-failed`, `proposal-refused`, `not-running`, `declined` */
export async function approve(context: Context, id: string, flags: DecideFlags): Promise<number> {
  const { state, asked, lifetime } = await begin(context, id, flags);
  for (const line of showProposal(asked.proposal, await backgroundOf(context, state, asked))) context.err(line);
  return isHalfKept(asked, flags) ? keepGranted(context, { state, asked, lifetime, flags }) : grant(context, { state, asked, lifetime, flags });
}

/** Has the operator change the route that is asked for, shows what is another, and says yes to that. @throws CliError as `approve` */
export async function editAndApprove(context: Context, id: string, flags: DecideFlags): Promise<number> {
  const { state, asked, lifetime } = await begin(context, id, flags);
  const { ask } = asked.proposal;
  if (ask.kind !== "egress" && ask.kind !== "pipelock") throw new CliError("usage", `${asked.proposal.id} asks for no route: there is nothing to edit.`, { status: exitStatus.usage, mend: `bottle proposals approve ${asked.proposal.id}` });
  const background = await backgroundOf(context, state, asked);
  const route = await editRoute(context, asked.proposal, ask.route);
  for (const line of [...showProposal(asked.proposal, background), "you grant instead:", ...showRoute(route, background, ask.route)]) context.err(line);
  return grant(context, { state, asked, lifetime, flags, route });
}

/** Says no to a proposal. @throws CliError as `approve` */
export async function reject(context: Context, id: string, flags: Omit<DecideFlags, "always">): Promise<number> {
  const { reason, by = operatorName(), json } = flags;
  const state = openState(context);
  const asked = findById(await readAsked(context, state), id, ({ proposal }) => proposal.id);
  requireDecidable(asked, flags);
  const supervisor = await supervisorOf(context, state, asked.metadata);
  const { proposal } = asked;
  const rejected = await supervisor.decide({ op: "reject", proposal: proposal.id, hash: proposal.hash, by, ...(reason !== undefined && { reason }) });
  context.out(json ? jsonText(rejected) : `${proposal.id} is rejected${reason === undefined ? "" : "; its agent is told why"}.`);
  return exitStatus.ok;
}

interface Wish {
  readonly state: StateStore;
  readonly asked: Asked;
  readonly lifetime: Lifetime;
  readonly flags: DecideFlags;
  /** In place of what is asked. */
  readonly route?: AskedRoute;
}

async function begin(context: Context, id: string, flags: DecideFlags): Promise<Pick<Wish, "state" | "asked" | "lifetime">> {
  const lifetime = lifetimeOf(flags, context.now());
  const hasLifetime = Object.keys(lifetime).length > 0;
  if (flags.always === true && hasLifetime) throw new CliError("usage", "--always is for good; --once, --for and --uses are not.", { status: exitStatus.usage, mend: "Leave one of them out." });
  const state = openState(context);
  const asked = findById(await readAsked(context, state), id, ({ proposal }) => proposal.id);
  requireDecidable(asked, flags);
  const { id: whole, ask } = asked.proposal;
  if (ask.kind !== "egress" && flags.always === true) throw new CliError("usage", `${whole} asks for no route of the manifest: --always has no meaning.`, { status: exitStatus.usage, mend: `bottle proposals approve ${whole}` });
  if ((ask.kind === "push" || ask.kind === "capability") && hasLifetime) throw new CliError("usage", `${whole} is granted once and as it is: --once, --for and --uses have no meaning.`, { status: exitStatus.usage, mend: `bottle proposals approve ${whole}` });
  return { state, asked, lifetime };
}

async function grant(context: Context, wish: Wish): Promise<number> {
  const { state, asked, flags, lifetime, route } = wish;
  const { proposal, metadata } = asked;
  const wanted = route ?? (proposal.ask.kind === "egress" ? proposal.ask.route : undefined);
  const manifest = flags.always === true && wanted ? await planManifest(context, { state, metadata, route: wanted }) : undefined;
  if (manifest) for (const line of ["written to the manifest, for every bottle that is started from it:", ...showManifestChange(manifest, styleOf(context))]) context.err(line);
  await consent(context, wish);
  if (proposal.ask.kind === "capability") return takeGranted(context, wish, proposal.ask);
  const supervisor = await supervisorOf(context, state, metadata);
  const decided = await supervisor.decide({ op: "approve", ...approvalOf(proposal, flags), ...lifetime, ...(route && { route }) }).catch((cause: unknown) => {
    throw unanswered(cause, proposal);
  });
  if (decided.state === "failed") throw failed(decided);
  const written = manifest === undefined || await keep(context, decided, manifest);
  if (flags.json) context.out(jsonText(decided));
  else context.out(decided.state === "applied" ? `${decided.id} is approved and in force, ${describeLifetime(lifetime)}.` : `${decided.id} is ${decided.state}; \`bottle proposals show ${decided.id}\` says what became of it.`);
  return written ? exitStatus.ok : exitStatus.refused;
}

async function keepGranted(context: Context, wish: Wish): Promise<number> {
  const { state, asked: { proposal, metadata } } = wish;
  const { ask, decision } = proposal;
  const route = decision?.route ?? (ask.kind === "egress" ? ask.route : undefined);
  const manifest = route && await planManifest(context, { state, metadata, route });
  if (!manifest || manifest.after === manifest.before) throw decidedAlready(proposal);
  for (const line of ["it is in force; written to the manifest is still:", ...showManifestChange(manifest, styleOf(context))]) context.err(line);
  await consent(context, wish);
  return await keep(context, proposal, manifest) ? exitStatus.ok : exitStatus.refused;
}

function approvalOf({ id, hash }: Proposal, { by = operatorName(), reason, always }: DecideFlags): { readonly proposal: string; readonly hash: string; readonly by: string; readonly reason?: string; readonly always?: boolean } {
  return { proposal: id, hash, by, ...(reason !== undefined && { reason }), ...(always === true && { always }) };
}

async function consent(context: Context, { asked, flags, lifetime }: Wish): Promise<void> {
  const { id, identity, hash, ask } = asked.proposal;
  if (flags.hash !== undefined) return;
  if (!context.isInteractive) {
    throw new CliError("no-terminal", `Nobody can be asked here whether ${id} is to be approved.`, { status: exitStatus.refused, mend: `Run it on a terminal, or name what you looked at: bottle proposals approve ${id} --hash ${hash}` });
  }
  const question = ask.kind === "capability" ? `Approve this image, and stop ${identity} for it?` : ask.kind === "push" ? "Let this push through?" : `Approve, ${describeLifetime(lifetime)}?`;
  if (!await confirm(context, question)) throw new CliError("declined", "Nothing was decided.", { status: exitStatus.refused });
}

async function takeGranted(context: Context, { state, asked, flags }: Wish, ask: Parameters<typeof takeImage>[1]["ask"]): Promise<number> {
  const { proposal, metadata } = asked;
  const supervisor = await supervisorOf(context, state, metadata);
  const decided = isHalfTaken(asked) ? proposal : await supervisor.decide({ op: "approve", ...approvalOf(proposal, flags) });
  if (decided.state === "failed") throw failed(decided);
  await takeImage(context, { state, metadata, supervisor, id: proposal.id, ask });
  if (flags.json) context.out(jsonText({ ...decided, resume: ["bottle", "resume", proposal.identity] }));
  return exitStatus.ok;
}

function failed({ id, failure = "" }: Proposal): CliError {
  return new CliError("proposal-failed", `${id} was approved and could not be put in force: ${failure}`, { status: exitStatus.refused, mend: "What was in force before stands, and its agent is told." });
}

// The order may have come in force all the same.
function unanswered(cause: unknown, { id }: Proposal): unknown {
  if (cause instanceof CliError) return cause;
  return new CliError("proposal-failed", `${id}: ${cause instanceof Error ? cause.message : String(cause)}`, { status: exitStatus.refused, mend: `\`bottle proposals show ${id}\` says what became of it.`, cause });
}

// @returns whether the manifest holds it
async function keep(context: Context, { id }: Proposal, manifest: ManifestChange): Promise<boolean> {
  try {
    await writeManifest(manifest);
    context.err(`${visible(manifest.path)} has the route now.`);
    return true;
  } catch (error) {
    context.err(`bottle: the grant of ${id} stands for this bottle, but the manifest was not written: ${visible(error instanceof Error ? error.message : String(error))}`);
    return false;
  }
}
