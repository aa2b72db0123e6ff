import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isIdentity, type StateStore } from "@bottle/backend-core";
import { verifyLog, type Verification } from "../audit/verify-log.ts";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { styleOf } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { backendNamed, openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

/** A log that could not be looked at. */
interface Unseen {
  readonly identity: string;
  readonly verdict: "unproven";
  readonly reason: string;
}

/** Says of each audit log whether it is what was written, and what that does not prove. @returns 0 only if all are whole */
export async function auditVerify(context: Context, request: { readonly identity?: string; readonly all: boolean; readonly json: boolean }): Promise<number> {
  const state = openState(context);
  const identities = await chosen(state, request);
  const found: (Verification | Unseen)[] = [];
  for (const identity of identities) {
    const verification = await verifyBottle(context, state, identity);
    found.push(verification);
    if (!request.json) context.out(describe(context, verification));
  }
  if (request.json) context.out(jsonText(request.all ? found : found[0]));
  else if (found.length === 0) context.err("There is no bottle yet.");
  return found.every(({ verdict }) => verdict === "whole") ? exitStatus.ok : exitStatus.audit;
}

/** With --all also those whose folder is gone, where their witness is not. */
async function chosen(state: StateStore, { identity, all }: { readonly identity?: string; readonly all: boolean }): Promise<readonly string[]> {
  if (all === (identity !== undefined)) throw new CliError("usage", "Name one bottle, or use --all.", { status: exitStatus.usage });
  const witnessed = await witnessedBottles(state);
  if (identity !== undefined) return [witnessed.has(identity) ? identity : (await knownBottle(state, identity)).metadata.identity];
  return [...new Set([...(await state.list()).map((entry) => entry.identity), ...witnessed])].sort();
}

async function witnessedBottles(state: StateStore): Promise<ReadonlySet<string>> {
  const names = await readdir(dirname(state.directory("any-00000").witness)).catch((): string[] => []);
  return new Set(names.filter((name) => name.endsWith(".jsonl")).map((name) => name.slice(0, -".jsonl".length)).filter(isIdentity));
}

async function verifyBottle(context: Context, state: StateStore, identity: string): Promise<Verification | Unseen> {
  const paths = state.directory(identity);
  const refresh = await refresher(context, state, identity);
  try {
    await refresh?.();
    const first = await verifyLog(paths, identity);
    if (first.verdict !== "broken" || !refresh) return first;
    // Copied from a running bottle while a file of it was moved aside, it has a gap; the next copy has none.
    await refresh();
    return await verifyLog(paths, identity);
  } catch (error) {
    // One that cannot be looked at does not keep the others from it.
    return { identity, verdict: "unproven", reason: `It could not be looked at: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Brings the record home of a bottle that runs elsewhere, or that nobody has cleaned up after yet. */
async function refresher(context: Context, state: StateStore, identity: string): Promise<(() => Promise<void>) | undefined> {
  const known = await knownBottle(state, identity).catch(() => undefined);
  if (known === undefined || known.status === "stopped") return undefined;
  const backend = await backendNamed(context, state, known.metadata.backend);
  return () => backend.refresh(identity, "record");
}

function describe(context: Context, found: Verification | Unseen): string {
  const style = styleOf(context);
  if (!("ok" in found)) return `${found.identity}: ${style.bad(found.verdict)}: ${visible(found.reason)}`;
  if (found.verdict === "broken") {
    const { identity, line, file, lineOfFile, reason } = found;
    return `${identity}: ${style.bad("broken")} at line ${line}${file === undefined ? "" : ` (line ${lineOfFile} of ${file})`}: ${visible(reason)}`;
  }
  const { identity, verdict, lines, files, launches } = found;
  if (lines === 0) return `${identity}: nothing is on record yet`;
  const mark = verdict === "whole" ? style.good("whole") : style.bad("unproven");
  return [
    `${identity}: ${mark}: ${counted(lines, "line")} in ${counted(files, "file")}, ${counted(launches, "start")}${found.closed ? ", ended in order" : ", not ended in order or still running"}`,
    ...(found.verdict === "unproven" ? [found.reason] : []), ...notProven(found),
  ].join("\n  ");
}

function notProven({ verdict, tail, gaps, closed, witnessed }: Exclude<Verification, { readonly verdict: "broken" }>): readonly string[] {
  return [
    ...gaps.map(({ from, lines }) => `${lines === 1 ? `Line ${from}` : `Lines ${from} to ${from + lines - 1}`} had no signature when the bottle was started again: until then a change or a loss there could not be seen.`),
    ...(tail > 0 ? [`The last ${tail === 1 ? "line has" : `${tail} lines have`} no signature: a change or a loss there cannot be seen.`] : []),
    ...(!witnessed && verdict === "whole" ? ["The witness has seen none of it yet: whether lines were cut off its end cannot be told."] : []),
    ...(witnessed && !closed ? [`Lines were not cut off before line ${witnessed.line}, which was seen at ${witnessed.time}; whether any were after it cannot be told.`] : []),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
