import { createGuard, type EgressProxy, ownAddresses } from "@bottle/egress-addon";
import type { Proposal, SidecarsConfig } from "@bottle/manifest";
import { SidecarsError } from "../errors.ts";
import type { Recorder } from "../audit/recorder.ts";
import type { Denials } from "./denials.ts";
import { createEnds, type Ends } from "./ends.ts";
import { endOf } from "./granted-routes.ts";
import type { Held } from "./held-pushes.ts";
import type { InForce } from "./in-force.ts";
import { createJudge } from "./judge.ts";
import { createOrders, type SuperviseOrders } from "./orders.ts";
import { showRoutes } from "./show-routes.ts";

/** What supervise works with. */
export interface SuperviseParts {
  readonly stack: AsyncDisposableStack;
  readonly egress: EgressProxy;
  readonly inForce: InForce;
  readonly denials: Denials;
  readonly held: Held;
  readonly record: Recorder;
  /** Whether the second hop lets a host through. */
  readonly isInHop: (host: string) => boolean;
  readonly ownPorts: readonly number[];
  readonly now: () => number;
  readonly say: (sentence: string) => void;
}

/** The operator's side of a bottle whose agent may ask. */
export interface Asking {
  readonly orders: SuperviseOrders;
  readonly ends: Ends;
}

const insteadOfImage = "This bottle has no image: ask the operator to install on the machine what is missing.";

/** Starts the server that the agent asks, and ends grants from now on; undefined for a bottle whose agent may not. @throws SuperviseError */
export async function startAsking(config: SidecarsConfig, parts: SuperviseParts): Promise<Asking | undefined> {
  const { supervise: wanted, listen: { supervise: listen }, identity, egress: { declaration, pipelock }, git } = config;
  if (wanted === undefined || listen === undefined) return undefined;
  const { stack, egress, inForce, denials, held, record, isInHop, ownPorts, now, say } = parts;
  const isFrozen = (): boolean => egress.stats().frozen;
  const { hosts, allowPrivate } = declaration;
  const guard = createGuard({ hosts, allowPrivate, resolve: () => Promise.resolve([]), ownAddresses, ownPorts: () => ownPorts });
  const judge = createJudge({ policy: () => inForce.policy(inForce.grants().filter((grant) => endOf(grant, now()) === undefined)), guard, denials, isInHop });
  const ends = stack.use(createEnds({ inForce, underWay: (id) => egress.grantUse(id).underWay, record, now, say }));

  async function apply({ id, ask, decision }: Proposal): Promise<"applied" | "later"> {
    if (ask.kind === "capability") return "later";
    if (isFrozen()) throw new SidecarsError("control-failed", "The bottle was frozen meanwhile, and nothing is granted while it is.");
    if (ask.kind === "push") {
      held.release(ask.push);
      return "applied";
    }
    const route = decision?.route ?? ask.route;
    const fault = await judge.grant(ask.kind, route);
    if (fault !== undefined) throw new SidecarsError("control-failed", fault.refused);
    const { until, uses, always } = decision ?? {};
    await inForce.add({
      proposal: id, kind: ask.kind, route, since: new Date(now()).toISOString(), used: 0,
      ...(until !== undefined && { until }), ...(uses !== undefined && { uses }), ...(always !== undefined && { always }),
    });
    return "applied";
  }

  // Few bottles have one, and all would load it.
  const { startSupervise } = await import("@bottle/supervise-mcp");
  const supervise = stack.use(await startSupervise({
    listen, directory: wanted.directory, identity, now, say, apply, heldPush: held.find, judge: judge.ask,
    current: () => ({
      generation: egress.generation, routes: showRoutes(inForce.policy(), inForce.grants()), ...(wanted.dockerfile !== undefined && { dockerfile: wanted.dockerfile }),
    }),
    tools: { pipelock: pipelock !== undefined, push: git !== undefined, capability: wanted.dockerfile !== undefined || (wanted.insteadOfImage ?? insteadOfImage) },
    onEvent(event) {
      if (!record(event)) throw new SidecarsError("audit-failed", "The audit log cannot be written, so nothing is decided.");
    },
  }));
  ends.look();
  return { ends, orders: createOrders({ supervise, inForce, judge, record, isFrozen }) };
}
