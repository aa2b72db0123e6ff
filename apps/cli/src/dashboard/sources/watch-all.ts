import { setTimeout as delay } from "node:timers/promises";
import type { Backend, StateStore } from "@bottle/backend-core";
import type { Context } from "../../context.ts";
import { backendNamed } from "../../services/backends.ts";
import type { BottleRow, DashboardEvent } from "../model.ts";
import type { Tally } from "../tally.ts";
import { bottleRows } from "./bottle-rows.ts";
import { messageOf, watchBottle, type Watch } from "./watch-bottle.ts";

const pauseMs = 1000;

/** Every bottle of the state directory, watched. */
export interface WatchAll extends AsyncDisposable {
  /** Looks at what a bottle asks again, soon. */
  refresh(identity: string): void;
}

interface Running {
  readonly since: string;
  readonly abort: AbortController;
  readonly watch: Promise<Watch | undefined>;
}

/** Looks at the state directory every second, and follows what runs. */
export function watchAll(context: Context, { state, emit, tally }: { readonly state: StateStore; readonly emit: (event: DashboardEvent) => void; readonly tally: Tally }): WatchAll {
  const abort = new AbortController();
  const running = new Map<string, Running>();
  const backends = new Map<string, Promise<Backend>>();
  const ended: Promise<unknown>[] = [look()];
  return {
    refresh: (identity) => void running.get(identity)?.watch.then((watch) => watch?.refresh()),
    async [Symbol.asyncDispose]() {
      abort.abort();
      for (const identity of running.keys()) leave(identity);
      await Promise.all(ended);
    },
  };

  async function look(): Promise<void> {
    for (let last = ""; !abort.signal.aborted; await delay(pauseMs, undefined, { signal: abort.signal }).catch(() => undefined)) {
      try {
        const bottles = bottleRows(await state.list());
        if (abort.signal.aborted) return;
        const text = JSON.stringify(bottles);
        if (text !== last) emit({ kind: "bottles", bottles });
        last = text;
        follow(bottles);
      } catch (error) {
        emit({ kind: "notice", notice: { tone: "bad", text: `The state directory cannot be read: ${messageOf(error)}` } });
      }
    }
  }

  function follow(bottles: readonly BottleRow[]): void {
    const wanted = new Map(bottles.filter(({ status }) => status === "running").map((row) => [row.identity, row]));
    for (const [identity, { since }] of running) if (wanted.get(identity)?.since !== since) leave(identity);
    for (const row of wanted.values()) if (!running.has(row.identity)) join(row);
  }

  function join({ identity, backend: name, since }: BottleRow): void {
    const stop = new AbortController();
    const { signal } = stop;
    const watch = backendOf(name).then((backend) => watchBottle({ state, backend, identity, emit: (event) => signal.aborted || emit(event), tally, signal }), (error: unknown) => {
      emit({ kind: "trouble", identity, message: messageOf(error) });
      return undefined;
    });
    running.set(identity, { since, abort: stop, watch });
    ended.push(watch.then((started) => started?.ended));
  }

  function leave(identity: string): void {
    running.get(identity)?.abort.abort();
    running.delete(identity);
    emit({ kind: "trouble", identity, message: undefined });
    emit({ kind: "asks", identity, proposals: [], grants: [] });
  }

  function backendOf(name: string): Promise<Backend> {
    const known = backends.get(name) ?? backendNamed(context, state, name);
    backends.set(name, known);
    return known;
  }
}
