import type { Duplex } from "node:stream";
import { ownerLabel, type StateStore } from "@bottle/backend-core";
import { EngineError, explainEngine } from "../engine/api.ts";
import type { Docker } from "../engine/docker.ts";
import { execIn, type Running } from "../engine/exec.ts";
import { asConnection } from "../engine/streams.ts";
import { inspectContainer } from "../engine/things.ts";
import { notRunning } from "../handle.ts";
import { ownedLabel } from "../labels.ts";
import { namesOf } from "../names.ts";
import { readToMark } from "../read-to-mark.ts";
import { readResources } from "../resources.ts";
import { controlSocket } from "./folders.ts";

// As the image's entry point has it (images/sidecars).
const relay = ["/opt/bottle/bin/node", "/opt/bottle/program/main.js", "control", controlSocket];

/**
 * A connection to the control socket of a bottle's sidecars, by a relay in their container: the engine joins its standard input and
 * output to ours, so that nothing is published and a remote engine is just another host. The relay ends with the connection.
 * @throws BottleError `identity-unknown`, `not-running`, `backend-unavailable`
 */
export async function openControl({ state, docker, identity, signal }: {
  readonly state: StateStore;
  readonly docker: Docker;
  readonly identity: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<Duplex> {
  const resources = readResources((await state.read(identity)).resources);
  if (!resources) throw notRunning(identity);
  const { sidecars } = namesOf(resources.project);
  try {
    const container = await inspectContainer(docker.api, sidecars);
    // Orders are for the bottle's own: a stranger's container may have the name.
    if (!container?.isRunning || container.labels[ownedLabel] !== ownerLabel(state.home, identity)) throw notRunning(identity);
    return await join(await execIn(docker.api, container.id, { argv: relay, signal }), identity, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EngineError && (error.status === 404 || error.status === 409)) throw notRunning(identity, error);
    throw explainEngine(`The sidecars of ${identity} cannot be reached`, error);
  }
}

/** Waits until the relay has reached them. */
async function join({ child }: Running, identity: string, signal: AbortSignal | undefined): Promise<Duplex> {
  const onAbort = (): void => child.close();
  signal?.addEventListener("abort", onAbort, { once: true });
  child.stderr.resume();
  const { after } = await readToMark(child.stdout, "joined").finally(() => signal?.removeEventListener("abort", onAbort));
  if (after !== undefined) return asConnection(child);
  child.close();
  throw notRunning(identity);
}
