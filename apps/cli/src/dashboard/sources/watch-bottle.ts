import { setTimeout as delay } from "node:timers/promises";
import type { Backend, StateStore } from "@bottle/backend-core";
import { parseGrants, parseProposal } from "@bottle/manifest/state";
import { callControl, followAudit, type ControlAddress, type ControlReply, type ControlRequest } from "@bottle/sidecars";
import { readOwnImage } from "../../proposals/own-image.ts";
import { readSnapshot } from "../../services/read-snapshot.ts";
import type { DashboardEvent } from "../model.ts";
import type { Tally } from "../tally.ts";
import { connectionWithin } from "./within.ts";

const patienceMs = 5000;
// Orders cost a process on some backends; the audit log tells when there is something to ask for.
const unaskedMs = 5000;
const retryMs = 2000;
const useMs = 2000;
const pauseMs = 250;

/** What one running bottle is watched with. */
export interface WatchOptions {
  readonly state: StateStore;
  readonly backend: Backend;
  readonly identity: string;
  readonly emit: (event: DashboardEvent) => void;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** One bottle that is watched. */
export interface Watch {
  /** Looks at what it asks again, soon. */
  refresh(): void;
  /** Settles once nothing of it goes on. */
  readonly ended: Promise<void>;
}

/** Follows a running bottle until the signal. Whatever its sidecars do, nothing else waits: it is said with the bottle. */
export function watchBottle(options: WatchOptions): Watch {
  const { state, backend, identity, emit, tally, signal } = options;
  const to: ControlAddress = () => connectionWithin(patienceMs, backend.control(identity, signal), signal);
  let askAt = 0;
  let hasGrants = false;
  const askWithin = (ms: number): void => void (askAt = Math.min(askAt, performance.now() + ms));
  const trouble = (message: string | undefined): void => emit({ kind: "trouble", identity, message });
  return { refresh: () => askWithin(0), ended: Promise.all([follow(), ask()]).then(() => undefined) };

  async function follow(): Promise<void> {
    let after: number | undefined;
    while (!signal.aborted) {
      try {
        for await (const record of followAudit(to, { signal, ...(after !== undefined && { after }) })) {
          after = record.seq;
          tally.add(record);
          const { type } = record.event;
          if (type === "proposal" || type === "grant") askWithin(0);
          else if (type === "network" && hasGrants) askWithin(useMs);
        }
      } catch (error) {
        trouble(messageOf(error));
      }
      await pause(retryMs);
    }
  }

  async function ask(): Promise<void> {
    let isSupervised = await learnManifest();
    for (; !signal.aborted; await pause(pauseMs)) {
      if (performance.now() < askAt) continue;
      askAt = performance.now() + unaskedMs;
      try {
        const health = await call({ op: "health" });
        if (health.ok) emit({ kind: "frozen", identity, isFrozen: health["frozen"] === true });
        isSupervised &&= await askSupervise();
        trouble(undefined);
      } catch (error) {
        if (signal.aborted) return;
        trouble(messageOf(error));
        askWithin(retryMs);
      }
    }
  }

  async function learnManifest(): Promise<boolean> {
    const metadata = await state.read(identity).catch(() => undefined);
    const snapshot = metadata && await readSnapshot(state, metadata).catch(() => undefined);
    const dockerfile = await readOwnImage(state.directory(identity)).catch(() => undefined);
    emit({ kind: "manifest", identity, routes: snapshot?.bottle.egress.routes, dockerfile });
    // A bottle that cannot ask refuses the question, which costs nothing but an answer.
    return snapshot === undefined || snapshot.bottle.supervise;
  }

  // False for a bottle whose agent cannot ask.
  async function askSupervise(): Promise<boolean> {
    const [asked, granting] = [await call({ op: "proposals" }), await call({ op: "grants" })];
    if (!asked.ok || !granting.ok) return false;
    const { proposals } = asked;
    const granted = parseGrants(JSON.stringify(granting["grants"]));
    hasGrants = granted.length > 0;
    emit({ kind: "asks", identity, grants: granted, proposals: Array.isArray(proposals) ? proposals.map((proposal) => parseProposal(JSON.stringify(proposal))) : [] });
    return true;
  }

  function call(request: ControlRequest): Promise<ControlReply> {
    return callControl(to, request, { signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
