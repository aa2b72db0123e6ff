import { compilePolicy, type EgressPolicy, type EgressProxy, type EgressRoute } from "@bottle/egress-addon";
import type { Grant } from "@bottle/manifest";
import { messageOf, SidecarsError } from "../errors.ts";
import type { Hop } from "../hop.ts";
import { grantedRoutes, hopRoutes } from "./granted-routes.ts";
import type { Ledger } from "./ledger.ts";
import { createTurns } from "./turns.ts";

/** What is in force: the operator's routes, and the grants beside them. What comes into force does so one after the other; what ends does at once. */
export interface InForce {
  readonly routes: readonly EgressRoute[];
  /** With their uses up to now. */
  grants(): readonly Grant[];
  /** What the egress follows, or would without some of the grants. */
  policy(grants?: readonly Grant[]): EgressPolicy;
  /** Puts other routes in the place of the operator's; the grants stay. @returns the generation @throws EgressError; then all is as before */
  replaceRoutes(routes: readonly EgressRoute[]): Promise<number>;
  /** @returns once its route is in force @throws EgressError, SidecarsError; then all is as before, the file as well */
  add(grant: Grant): Promise<void>;
  /**
   * Takes a grant's route out of force, which cuts what it allowed.
   * @returns `false` if there is no such grant @throws what could not be written, or told the hop; it is out of force then all the same
   */
  drop(id: string): Promise<boolean>;
}

/** The parts that follow what is in force. */
export interface InForceOptions {
  readonly routes: readonly EgressRoute[];
  readonly egress: Pick<EgressProxy, "reload" | "generation">;
  readonly hop: Pick<Hop, "prepare">;
  readonly ledger: Ledger;
  /** The policy of routes without grants. */
  readonly policyOf: (routes: readonly EgressRoute[]) => EgressPolicy;
  /** After every change. */
  readonly onChange: () => void;
  readonly say: (sentence: string) => void;
}

export function createInForce(options: InForceOptions): InForce {
  const { egress, hop, ledger, policyOf, onChange, say } = options;
  const inTurn = createTurns();
  let { routes } = options;
  // A grant is kept before it is in force.
  const confirmed = new Set(ledger.list().map(({ proposal }) => proposal));

  const policy = (own: readonly EgressRoute[], grants: readonly Grant[]): EgressPolicy => ({ ...policyOf(own), grants: grantedRoutes(grants, ledger.usedBefore) });
  const reload = (wanted: EgressPolicy): number => {
    const before = egress.generation;
    const generation = egress.reload(wanted);
    if (generation === before + 1 && egress.generation === generation) return generation;
    throw new SidecarsError("control-failed", `The egress did not confirm the new policy: it is at generation ${egress.generation}, and was at ${before}.`);
  };
  const inForce = (): readonly Grant[] => ledger.list().filter(({ proposal }) => confirmed.has(proposal));

  /** Checked whole, kept, told to the hop, then to the egress; what fails on the way takes back what came before it. */
  async function widen(own: readonly EgressRoute[], added: readonly Grant[]): Promise<number> {
    // What ends meanwhile is not among them any more.
    const wanted = (): readonly Grant[] => [...inForce(), ...added];
    compilePolicy(policy(own, wanted()));
    if (added.length > 0) ledger.keep([...ledger.list(), ...added]);
    try {
      await hop.prepare(hopRoutes(own, wanted()));
      const generation = reload(policy(own, wanted()));
      routes = own;
      for (const { proposal } of added) confirmed.add(proposal);
      onChange();
      return generation;
    } catch (error) {
      for (const { proposal } of added) attempt(() => ledger.remove(proposal), say);
      await hop.prepare(hopRoutes(routes, inForce())).catch((cause: unknown) => say(`The hop could not be told that all stays as it was: ${messageOf(cause)}`));
      throw error;
    }
  }

  /** At once, whatever waits for the hop: only the hop itself is told in turn. */
  async function drop(id: string): Promise<boolean> {
    if (!confirmed.has(id)) return false;
    reload(policy(routes, inForce().filter(({ proposal }) => proposal !== id)));
    confirmed.delete(id);
    onChange();
    const faults: unknown[] = [];
    attempt(() => ledger.remove(id), (_, fault) => faults.push(fault));
    await inTurn(() => hop.prepare(hopRoutes(routes, inForce()))).catch((fault: unknown) => faults.push(fault));
    if (faults.length > 0) throw faults[0];
    return true;
  }

  return {
    get routes() {
      return routes;
    },
    grants: inForce,
    policy: (grants = inForce()) => policy(routes, grants),
    replaceRoutes: (own) => inTurn(() => widen(own, [])),
    add: (grant) => inTurn(async () => void await widen(routes, [grant])),
    drop,
  };
}

function attempt(work: () => void, onFault: (sentence: string, fault: unknown) => void): void {
  try {
    work();
  } catch (error) {
    onFault(messageOf(error), error);
  }
}
