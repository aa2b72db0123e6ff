import type { ManifestSource, Place } from "../model.ts";
import type { TextIndex } from "../text/position.ts";
import type { Located } from "../yaml/tree.ts";

/** The places of a manifest's values that a later problem may point to: the top keys and what is in `env`. */
export function sourceOf(file: string, root: Located, index: TextIndex): ManifestSource {
  const places: Record<string, Place> = {};
  for (const { key, keyOffset, value } of root.kind === "map" ? root.entries : []) {
    places[key] = index.placeOf(value.kind === "scalar" ? value.offset : keyOffset);
    if (key !== "env" || value.kind !== "map") continue;
    for (const entry of value.entries) places[`env.${entry.key}`] = index.placeOf(entry.keyOffset);
  }
  return { file, places };
}
