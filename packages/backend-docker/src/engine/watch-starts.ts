import { createInterface } from "node:readline";
import { ending } from "@bottle/backend-core";
import type { Docker } from "./docker.ts";

/** Tells of containers' starts. */
export interface StartWatch extends AsyncDisposable {
  /** Resolves when the container of that name starts; never for one that does not. */
  started(container: string): Promise<void>;
}

/**
 * Listens to the engine for the starts of what bears a bottle's label: compose needs another tenth of a second to end after
 * the last of them. An event can be missed, so whoever waits also waits for compose.
 */
export function watchStarts(docker: Docker, label: string): StartWatch {
  const child = docker.start(["events", "--filter", "type=container", "--filter", "event=start", "--filter", `label=bottle.owned=${label}`, "--format", "{{.Actor.Attributes.name}}"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = ending(child);
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const of = (name: string): PromiseWithResolvers<void> => {
    const known = waiting.get(name) ?? Promise.withResolvers<void>();
    waiting.set(name, known);
    return known;
  };
  if (child.stdout) createInterface({ input: child.stdout }).on("line", (name) => of(name).resolve());
  return {
    started: (container) => of(container).promise,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
