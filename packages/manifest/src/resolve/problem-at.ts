import type { AgentManifest, BottleManifest, Problem } from "../model.ts";
import type { Fault } from "../rules/fault.ts";

/** A value of a manifest. */
export interface ManifestPath {
  readonly manifest: AgentManifest | BottleManifest;
  readonly folder: "agents" | "bottles";
  /** As in `ManifestSource.places`. */
  readonly path: string;
}

/** A problem at a value of a manifest; at the file's start if its place is not known. */
export function problemAt({ manifest, folder, path }: ManifestPath, fault: Fault): Problem {
  const { source, name } = manifest;
  const place = source && Object.hasOwn(source.places, path) ? source.places[path] : undefined;
  return { ...fault, file: source?.file ?? `${folder}/${name}.md`, ...(place ?? { line: 1, column: 1 }) };
}
