import type { ManifestSource, Place } from "../model.ts";
import type { TextIndex } from "../text/position.ts";
import { valueAt, type Located } from "../yaml/tree.ts";

/** The places of a manifest's values that a later problem may point to: the top keys, what is in `env` and in `egress.tokens`. */
export function sourceOf(file: string, root: Located, index: TextIndex): ManifestSource {
  const places: Record<string, Place> = {};
  for (const { key, keyOffset, value } of root.kind === "map" ? root.entries : []) {
    places[key] = index.placeOf(value.kind === "scalar" ? value.offset : keyOffset);
    if (key === "env") note(key, value);
    if (key === "egress") note("egress.tokens", valueAt(value, "tokens"));
  }
  return { file, places };

  function note(path: string, map: Located | undefined): void {
    for (const entry of map?.kind === "map" ? map.entries : []) places[`${path}.${entry.key}`] = index.placeOf(entry.keyOffset);
  }
}
