import { createInterface } from "node:readline";
import { ending } from "@bottle/backend-core";
import type { Docker } from "./docker.ts";
import { ownedLabel } from "../labels.ts";

/** What can be waited for of a container. */
export type Milestone = "create" | "start";

/** Tells how far containers are. */
export interface ContainerWatch extends AsyncDisposable {
  /** Resolves when the container of that name is made, or started; never for one that is not. */
  reached(container: string, milestone: Milestone): Promise<void>;
}

/**
 * Listens to the engine for what bears a bottle's label: compose ends only some tenths of a second after the last container's
 * start. An event can be missed, so whoever waits also waits for compose.
 */
export function watchContainers(docker: Docker, label: string): ContainerWatch {
  const child = docker.start([
    "events", "--filter", "type=container", "--filter", "event=create", "--filter", "event=start", "--filter", `label=${ownedLabel}=${label}`, "--format", "{{.Action}} {{.Actor.Attributes.name}}",
  ], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = ending(child);
  const awaited = new Map<string, PromiseWithResolvers<void>>();
  const milestoneOf = (line: string): PromiseWithResolvers<void> => {
    const known = awaited.get(line) ?? Promise.withResolvers<void>();
    awaited.set(line, known);
    return known;
  };
  if (child.stdout) createInterface({ input: child.stdout }).on("line", (line) => milestoneOf(line).resolve());
  return {
    reached: (container, milestone) => milestoneOf(`${milestone} ${container}`).promise,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
