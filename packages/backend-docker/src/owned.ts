import type { Docker } from "./engine/docker.ts";

/** A thing in the engine that bears a bottle's label. */
export interface Owned {
  readonly kind: "container" | "network" | "volume";
  readonly id: string;
}

// In the order in which they can be removed.
const lists = [
  { kind: "container", list: ["ps", "--all"] },
  { kind: "network", list: ["network", "ls"] },
  { kind: "volume", list: ["volume", "ls"] },
] as const;

/** Everything of a bottle in the engine, in the order in which it can be removed; nothing if the engine does not answer. */
export async function findOwned(docker: Docker, label: string): Promise<readonly Owned[]> {
  const found = await Promise.all(lists.map(async ({ kind, list }) => {
    const { exitCode, stdout } = await docker.run([...list, "--filter", `label=bottle.owned=${label}`, "--quiet"]);
    return exitCode === 0 ? Buffer.from(stdout).toString().split("\n").filter(Boolean).map((id) => ({ kind, id })) : [];
  }));
  return found.flat();
}
