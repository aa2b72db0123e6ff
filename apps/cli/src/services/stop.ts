import { setTimeout as delay } from "node:timers/promises";
import { isAlive, type StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { backendNamed, openState } from "./backends.ts";
import { removeKeeperFiles } from "./keeper-paths.ts";
import { describe, knownBottle, withoutKeeper } from "./known-bottle.ts";

const graceMs = 15_000;
const pauseMs = 50;

/** Ends running bottles: their keepers unwind in order; those that do not are ended hard and swept. Work stays. */
export async function stop(context: Context, request: { readonly identity?: string; readonly all: boolean }): Promise<number> {
  const state = openState(context);
  const identities = await chosen(state, request);
  await Promise.all(identities.map((identity) => stopOne(context, state, identity)));
  if (identities.length === 0) context.err("No bottle is running.");
  return exitStatus.ok;
}

async function chosen(state: StateStore, { identity, all }: { readonly identity?: string; readonly all: boolean }): Promise<readonly string[]> {
  if (all === (identity !== undefined)) throw new CliError("usage", "Name one bottle, or use --all.", { status: exitStatus.usage });
  if (identity !== undefined) return [(await knownBottle(state, identity)).metadata.identity];
  return (await state.list()).flatMap((entry) => ("metadata" in entry && describe(entry.metadata).isKept ? [entry.identity] : []));
}

async function stopOne(context: Context, state: StateStore, identity: string): Promise<void> {
  const { metadata, isKept } = describe(await state.read(identity));
  const { keeper } = metadata;
  if (!isKept || !keeper) {
    context.err(`${identity} is not running.`);
    return;
  }
  process.kill(keeper.pid, "SIGTERM");
  for (const until = performance.now() + graceMs; performance.now() < until && isAlive(keeper);) await delay(pauseMs);
  if (isAlive(keeper)) {
    process.kill(keeper.pid, "SIGKILL");
    await (await backendNamed(context, state, metadata.backend)).sweep(identity);
    await removeKeeperFiles(context.home, identity);
    await state.update(identity, (old) => ({ ...withoutKeeper(old), status: "crashed", resources: {} }));
    context.out(`${identity} did not end in time and was ended hard. Its work is kept.`);
    return;
  }
  await removeKeeperFiles(context.home, identity);
  context.out(`${identity} is stopped. \`bottle resume ${identity}\` goes on.`);
}
