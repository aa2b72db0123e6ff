import type { StateStore } from "@bottle/backend-core";
import type { Grant, Metadata, Proposal } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { visible } from "../output/visible.ts";
import { describe } from "../services/known-bottle.ts";
import { supervisorOf } from "./order.ts";
import { readGrants, readQueue } from "./read-queue.ts";

/** A proposal, and whether its bottle's sidecars answer, so that it can be decided. */
export interface Asked {
  readonly proposal: Proposal;
  readonly metadata: Metadata;
  readonly isRunning: boolean;
}

/** A grant and the bottle it is in force in, or will be again. */
export interface Granted {
  readonly grant: Grant;
  readonly metadata: Metadata;
  readonly isRunning: boolean;
}

/** Every proposal of every bottle: pending ones first, of each the newest first. What cannot be read is said on standard error. */
export async function readAsked(context: Context, state: StateStore): Promise<readonly Asked[]> {
  const found = await Promise.all((await bottles(state)).map(({ metadata, isKept }) => proposalsOf(context, state, { metadata, isKept })));
  return found.flat().sort((a, b) => rank(a) - rank(b) || (a.proposal.createdAt < b.proposal.createdAt ? 1 : -1));
}

/** The grants of one bottle, or of all. What cannot be read is said on standard error. */
export async function readGranted(context: Context, state: StateStore, identity?: string): Promise<readonly Granted[]> {
  const wanted = (await bottles(state)).filter(({ metadata }) => identity === undefined || metadata.identity === identity);
  return (await Promise.all(wanted.map(({ metadata, isKept }) => grantsOf(context, state, { metadata, isKept })))).flat();
}

interface Bottle {
  readonly metadata: Metadata;
  readonly isKept: boolean;
}

async function bottles(state: StateStore): Promise<readonly Bottle[]> {
  return (await state.list()).flatMap((entry) => ("metadata" in entry ? [describe(entry.metadata)] : []));
}

function rank({ proposal: { state } }: Asked): number {
  return state === "pending" ? 0 : 1;
}

async function proposalsOf(context: Context, state: StateStore, bottle: Bottle): Promise<readonly Asked[]> {
  const { metadata } = bottle;
  const live = await answer(context, state, bottle, (supervisor) => supervisor.proposals());
  if (live) return live.map((proposal) => ({ proposal, metadata, isRunning: true }));
  const { proposals, unreadable } = await readQueue(state.directory(metadata.identity).supervise, metadata.identity);
  for (const path of unreadable) context.err(`bottle: ${visible(path)} is no proposal that bottle wrote; it is left out.`);
  return proposals.map((proposal) => ({ proposal, metadata, isRunning: false }));
}

async function grantsOf(context: Context, state: StateStore, bottle: Bottle): Promise<readonly Granted[]> {
  const { metadata } = bottle;
  const live = await answer(context, state, bottle, (supervisor) => supervisor.grants());
  if (live) return live.map((grant) => ({ grant, metadata, isRunning: true }));
  const { supervise } = state.directory(metadata.identity);
  const grants = await readGrants(supervise).catch((error: unknown) => {
    context.err(`bottle: the grants of ${metadata.identity} cannot be read: ${visible(error instanceof Error ? error.message : String(error))}`);
    return [];
  });
  // What is over is taken out when the bottle is there again.
  return grants.filter(({ until, uses, used }) => (until === undefined || Date.parse(until) > context.now().getTime()) && (uses === undefined || used < uses))
    .map((grant) => ({ grant, metadata, isRunning: false }));
}

// Undefined where the files are to be read: the bottle does not run, its agent cannot ask, or nobody answers.
async function answer<T>(context: Context, state: StateStore, { metadata, isKept }: Bottle, ask: (supervisor: Awaited<ReturnType<typeof supervisorOf>>) => Promise<T>): Promise<T | undefined> {
  if (!isKept) return undefined;
  try {
    return await ask(await supervisorOf(context, state, metadata));
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof CliError)) context.err(`bottle: ${metadata.identity} does not answer; what is shown of it is what it wrote down. (${visible(error instanceof Error ? error.message : String(error))})`);
    return undefined;
  }
}
