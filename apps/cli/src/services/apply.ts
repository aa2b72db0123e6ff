import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { styleOf } from "../output/style.ts";
import { bringHome, type Arrival } from "../workspace/bring-home.ts";
import { byHand, shellWord } from "../workspace/by-hand.ts";
import { fsPath, shownPath } from "../workspace/byte-path.ts";
import type { Change } from "../workspace/change.ts";
import { remember } from "../workspace/remember.ts";
import { listChanges, showContents } from "../workspace/show-change.ts";
import { openState } from "./backends.ts";
import { workspaceChanges, type WorkspaceChanges } from "./workspace-changes.ts";

/** What the operator agreed to beforehand. */
export interface ApplyRequest {
  readonly yes: boolean;
  /** Also what programs on this machine obey. */
  readonly includeExecutableConfig: boolean;
}

/**
 * Brings the agent's changes home after a look. Not over the operator's own edits, not through links, not from a running bottle.
 * @returns 1 if something stayed behind, else 0
 */
export async function apply(context: Context, identity: string, request: ApplyRequest): Promise<number> {
  const found = await workspaceChanges(context, openState(context), identity);
  if (found.isKept) {
    throw new CliError("running", `${identity} is running: what you look at could change before it is brought home.`, {
      status: exitStatus.refused, mend: `\`bottle stop ${identity}\` first; \`bottle diff ${identity}\` works meanwhile.`,
    });
  }
  await remember(found, []);
  if (found.changes.length === 0) {
    context.err("The agent changed nothing that is not already here.");
    return exitStatus.ok;
  }
  const style = styleOf(context);
  if (!request.yes) {
    for (const line of [...listChanges(found.changes, style), ...await showContents(found.changes, found, style), ""]) context.err(line);
  }
  const agreed = await choose(context, found, request);
  const arrivals = await bringHome(agreed, { copy: found.copy, home: found.home, isRoot: context.isRoot, signal: context.signal });
  await remember(found, arrivals);
  return report(context, found, { agreed, arrivals });
}

async function choose(context: Context, { changes, home }: WorkspaceChanges, request: ApplyRequest): Promise<readonly Change[]> {
  const ready = changes.filter(({ verdict }) => verdict === "ready");
  const obeyed = ready.filter(({ isObeyed }) => isObeyed);
  const plain = ready.filter(({ isObeyed }) => !isObeyed);
  const chosen: Change[] = [];
  if (plain.length > 0) {
    if (!request.yes && !await confirm(context, `Bring ${count(plain)} to ${home}?`)) throw new CliError("declined", "Nothing was brought home.", { status: exitStatus.refused });
    chosen.push(...plain);
  }
  if (obeyed.length === 0) return chosen;
  if (request.includeExecutableConfig) return [...chosen, ...obeyed].sort(byPath);
  if (request.yes || !context.isInteractive) return chosen;
  context.err(styleOf(context).bad("Programs on this machine obey these: they could run commands outside the bottle."));
  for (const { path } of obeyed) context.err(`  ${shownPath(path)}`);
  return await confirm(context, `Bring these ${count(obeyed)} home as well?`) ? [...chosen, ...obeyed].sort(byPath) : chosen;
}

function byPath(a: Change, b: Change): number {
  return a.path < b.path ? -1 : 1;
}

function count(changes: readonly Change[]): string {
  return changes.length === 1 ? "1 change" : `${changes.length} changes`;
}

function report(context: Context, { changes, copy, home }: WorkspaceChanges, { agreed, arrivals }: { readonly agreed: readonly Change[]; readonly arrivals: readonly Arrival[] }): number {
  const failures = new Map(arrivals.flatMap(({ change, failure }) => (failure === undefined ? [] : [[change, failure] as const])));
  const stayed = changes.filter((change) => !agreed.includes(change) || failures.has(change));
  context.err(`${count(agreed.filter((change) => !failures.has(change)))} brought home.`);
  for (const change of stayed) {
    const why = failures.get(change) ?? change.why ?? "programs on this machine obey it; --include-executable-config brings it";
    const commands = byHand(change, { home, copy });
    const kept = commands.length === 0 && change.after ? `; the agent's is ${shellWord(fsPath(copy, change.path))}` : "";
    context.err(`  stayed behind: ${shownPath(change.path)}: ${why}${kept}`);
    if (commands.length > 0 && change.isObeyed) context.err("    programs on this machine obey it: read it before you take it");
    for (const command of commands) context.err(`    ${command}`);
  }
  context.signal.throwIfAborted();
  return stayed.length === 0 ? exitStatus.ok : exitStatus.refused;
}
