import * as v from "valibot";
import { read, type AskOptions, type EngineApi } from "./api.ts";

/** A kind of thing that compose makes. */
export type Kind = "container" | "network" | "volume";

/** One of them in the engine. */
export interface Thing {
  readonly kind: Kind;
  /** Of a volume, its name. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const labels = v.nullish(v.record(v.string(), v.string()));
const containers = v.array(v.object({ Id: v.string(), Names: v.nullish(v.array(v.string())), Labels: labels }));
const networks = v.array(v.object({ Id: v.string(), Name: v.string(), Labels: labels }));
const volumes = v.object({ Volumes: v.nullish(v.array(v.object({ Name: v.string(), Labels: labels }))) });

/**
 * What the engine has of a kind, running or not, by its own filters: `{ label: ["name=value"] }`, `{ name: ["part"] }`.
 * @throws EngineError
 */
export async function listThings(api: EngineApi, kind: Kind, filters: Readonly<Record<string, readonly string[]>>, options: Pick<AskOptions, "signal"> = {}): Promise<readonly Thing[]> {
  const ask = (path: string): Promise<unknown> => api.get(path, { ...options, query: { filters, ...(kind === "container" && { all: "true" }) } });
  switch (kind) {
    case "container":
      return read(containers, await ask("/containers/json")).map(({ Id, Names, Labels }) => ({ kind, id: Id, name: ownName(Names ?? []), labels: Labels ?? {} }));
    case "network":
      return read(networks, await ask("/networks")).map(({ Id, Name, Labels }) => ({ kind, id: Id, name: Name, labels: Labels ?? {} }));
    case "volume":
      return (read(volumes, await ask("/volumes")).Volumes ?? []).map(({ Name, Labels }) => ({ kind, id: Name, name: Name, labels: Labels ?? {} }));
  }
}

// Besides its own a container may have names by links, `/other/alias`.
function ownName(names: readonly string[]): string {
  return names.find((name) => name.lastIndexOf("/") === 0)?.slice(1) ?? "";
}

const containerState = v.object({
  Id: v.string(),
  State: v.object({ Running: v.boolean(), ExitCode: v.number(), OOMKilled: v.optional(v.boolean(), false) }),
  Config: v.object({ Labels: labels }),
});

/** A container's state. */
export interface ContainerState {
  readonly id: string;
  readonly isRunning: boolean;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** Looks at a container by its name or id; undefined if there is none. @throws EngineError */
export async function inspectContainer(api: EngineApi, name: string): Promise<ContainerState | undefined> {
  const answer = await api.get(`/containers/${name}/json`);
  if (answer === undefined) return undefined;
  const { Id, State, Config } = read(containerState, answer);
  return { id: Id, isRunning: State.Running, exitCode: State.ExitCode, isOutOfMemory: State.OOMKilled, labels: Config.Labels ?? {} };
}
