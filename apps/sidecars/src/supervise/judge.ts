import { compilePolicy, type CompiledPolicy, decide, type Deny, type EgressPolicy, type Guard, isCarrier } from "@bottle/egress-addon";
import type { Ask, AskedRoute } from "@bottle/manifest";
import type { Denials } from "./denials.ts";
import { sampleRequests } from "./sample-requests.ts";

/** Why the operator is not asked. */
export type Judgement = { readonly refused: string } | { readonly inForce: string };

/** What may be granted is judged by. */
export interface JudgeOptions {
  /** What is in force, without grants that are used up. */
  readonly policy: () => EgressPolicy;
  /** The egress's own guard, which resolves no name: to look one up is to send it. */
  readonly guard: Guard;
  readonly denials: Pick<Denials, "last">;
  /** Whether the second hop lets a host through. */
  readonly isInHop: (host: string) => boolean;
}

/** Whether a route can be granted. */
export interface Judge {
  /** What an agent asks for. */
  ask(ask: Ask): Promise<Judgement | undefined>;
  /** What an operator would grant: as `ask`, but what was refused before says nothing about it, and that something is in force is no reason against it. */
  grant(kind: "egress" | "pipelock", route: AskedRoute): Promise<{ readonly refused: string } | undefined>;
}

/** Names under which the bottle reaches its own sidecars. */
const ownNames: ReadonlySet<string> = new Set(["egress", "git-gate", "supervise", "_egress.local"]);
/** Their refusals are no missing route. */
const guards: ReadonlySet<string> = new Set(["authority", "git", "credential", "dlp", "address"]);

/** No grant helps against a guard, and none is needed for what is allowed. What is not understood is refused. */
export function createJudge({ policy, guard, denials, isInHop }: JudgeOptions): Judge {
  const ofRoute = async (route: AskedRoute): Promise<Judgement | undefined> => {
    const { host } = route;
    if (ownNames.has(host)) return { refused: `${host} is the bottle's own: it is reached from inside, and by no route.` };
    const name = host.replace(/^\*\./, "");
    if (isCarrier({ host: "*" }, name)) return { refused: `${name} looks as if it carried data: names with long, random or encoded labels are not looked up, and no grant changes that.` };
    const current = policy();
    const place = await refusedPlace(route, guard);
    return place ?? faultOf(route, current) ?? decideAll(route, compilePolicy(current));
  };
  const ofHop = async (route: AskedRoute): Promise<Judgement | undefined> => {
    const allowed = await ofRoute(route);
    if (allowed === undefined) return { refused: "No route allows this yet: ask for it with egress-block first." };
    if ("refused" in allowed || !isInHop(route.host)) return "refused" in allowed ? allowed : undefined;
    return { inForce: `The second hop lets ${route.host} through already. What it still refuses is what it found in a request, which no grant changes.` };
  };
  const judged = (kind: "egress" | "pipelock", route: AskedRoute): Promise<Judgement | undefined> => (kind === "egress" ? ofRoute(route) : ofHop(route));
  return {
    async ask(ask) {
      if (ask.kind === "capability" || ask.kind === "push") return undefined;
      const judgement = await judged(ask.kind, ask.route);
      if (judgement !== undefined && "refused" in judgement) return judgement;
      const { layer, reason } = denials.last(ask.route.host) ?? { layer: "", reason: "" };
      if (reason === "websocket-not-allowed") return { refused: `A route of the manifest allows no WebSocket to ${ask.route.host}, and no grant changes that.` };
      if (guards.has(layer)) return { refused: `What was refused last for ${ask.route.host} was not for want of a route (${reason}, layer ${layer}), and no grant changes that. If something else there is refused for want of a route, ask then.` };
      return judgement;
    },
    async grant(kind, route) {
      const judgement = await judged(kind, route);
      return judgement !== undefined && "refused" in judgement ? judgement : undefined;
    },
  };
}

async function refusedPlace({ host, ports = [80, 443] }: AskedRoute, guard: Guard): Promise<Judgement | undefined> {
  if (/^(?:.*\.)?localhost$/.test(host)) return { refused: `${host} is this machine, which no grant reaches.` };
  const verdicts = await Promise.all(ports.map((port) => guard({ host, port })));
  const refusals = verdicts.flatMap((verdict) => ("refused" in verdict ? [verdict.refused] : []));
  if (refusals.includes("own-listener")) return { refused: `${host} is the bottle's own listener, which no grant reaches.` };
  if (refusals.length === ports.length && refusals.includes("address-forbidden")) return { refused: `${host} is a private or special address, which no grant reaches.` };
  return undefined;
}

// With the route in it the policy must still be one: a passthrough route of the same host, for example, leaves no room for it.
function faultOf(route: AskedRoute, current: EgressPolicy): Judgement | undefined {
  try {
    compilePolicy({ ...current, grants: [...current.grants ?? [], { ...route, grant: "asked" }] });
    return undefined;
  } catch (error) {
    return { refused: `It does not go with the routes of the manifest. ${error instanceof Error ? error.message : String(error)}` };
  }
}

function decideAll(route: AskedRoute, policy: CompiledPolicy): Judgement | undefined {
  const decisions = sampleRequests(route).map((request) => decide(policy, request));
  const denied = decisions.filter((decision): decision is Deny => decision.decision === "deny");
  if (denied.some(({ retry }) => retry === "ask")) return undefined;
  const [first] = denied;
  if (first === undefined || denied.length < decisions.length) return { inForce: "A route that is in force allows this already." };
  if (first.reason === "route-denied") return { refused: "The manifest denies this, and that wins over whatever is granted." };
  return { refused: first.message };
}
