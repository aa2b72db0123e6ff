import { createInterface } from "node:readline";
import * as v from "valibot";
import type { EngineApi } from "./api.ts";
import { ownedLabel } from "../labels.ts";

/** What can be waited for of a container. */
export type Milestone = "create" | "start";

/** Tells how far containers are. */
export interface ContainerWatch extends Disposable {
  /** Resolves when the container of that name is made, or started; never for one that is not. */
  reached(container: string, milestone: Milestone): Promise<void>;
}

const eventSchema = v.pipe(v.string(), v.parseJson(), v.object({ Action: v.string(), Actor: v.object({ Attributes: v.object({ name: v.string() }) }) }));

/**
 * Listens to the engine for what bears a bottle's label: compose ends only some tenths of a second after the last container's
 * start. An event can be missed, so whoever waits also waits for compose.
 */
export function watchContainers(api: EngineApi, label: string): ContainerWatch {
  const stop = new AbortController();
  const awaited = new Map<string, PromiseWithResolvers<void>>();
  const milestoneOf = (line: string): PromiseWithResolvers<void> => {
    const known = awaited.get(line) ?? Promise.withResolvers<void>();
    awaited.set(line, known);
    return known;
  };
  const listen = async (): Promise<void> => {
    const filters = { type: ["container"], event: ["create", "start"], label: [`${ownedLabel}=${label}`] };
    const events = await api.follow("/events", { query: { filters }, signal: stop.signal });
    events.on("error", () => undefined);
    for await (const line of createInterface({ input: events })) {
      const event = v.safeParse(eventSchema, line);
      if (event.success) milestoneOf(`${event.output.Action} ${event.output.Actor.Attributes.name}`).resolve();
    }
  };
  void listen().catch(() => undefined);
  return {
    reached: (container, milestone) => milestoneOf(`${milestone} ${container}`).promise,
    [Symbol.dispose]: () => stop.abort(),
  };
}
