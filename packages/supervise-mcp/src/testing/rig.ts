import type { GrantEvent, Proposal, ProposalEvent } from "@bottle/manifest";
import type { Supervise, SuperviseOptions } from "../options.ts";
import { startSupervise } from "../start.ts";
import { identity, makeFolder, until } from "./world.ts";

/** Supervise with a real listener, a real directory, and a world around it that says yes. */
export interface SuperviseRig extends AsyncDisposable {
  readonly supervise: Supervise;
  readonly directory: string;
  readonly events: readonly (ProposalEvent | GrantEvent)[];
  /** What was put in force, in order. */
  readonly applied: readonly Proposal[];
  /** Sentences for the log file. */
  readonly said: readonly string[];
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** The first proposal that waits, once there is one. */
  pending(): Promise<Proposal>;
}

export async function startRig(options: Partial<SuperviseOptions> = {}): Promise<SuperviseRig> {
  await using stack = new AsyncDisposableStack();
  const directory = options.directory ?? stack.use(await makeFolder()).path;
  const events: (ProposalEvent | GrantEvent)[] = [];
  const applied: Proposal[] = [];
  const said: string[] = [];
  const supervise = stack.use(await startSupervise({
    listen: { host: "127.0.0.1", port: 0 }, directory, identity,
    current: () => ({ generation: 7, routes: [{ host: "in-force.test" }], dockerfile: "FROM scratch\n" }),
    tools: { pipelock: true, push: true, capability: true },
    judge: () => Promise.resolve(undefined),
    heldPush: () => undefined,
    apply: (proposal) => {
      applied.push(proposal);
      return Promise.resolve("applied");
    },
    onEvent: (event) => void events.push(event),
    say: (sentence) => void said.push(sentence),
    ...options,
  }));
  const resources = stack.move();
  const { address } = supervise;
  return {
    supervise, directory, events, applied, said,
    url: "port" in address ? `http://127.0.0.1:${address.port}` : "",
    pending: () => until(() => supervise.list().find(({ state }) => state === "pending")),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
