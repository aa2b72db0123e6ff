import type { ManifestSource, Place } from "../model.ts";
import type { TextIndex } from "../text/position.ts";
import { itemsOf, textOf, valueAt, type Located } from "../yaml/tree.ts";

/** The places of a manifest's values that a later problem may point to: the top keys, what is in `env`, in `egress.tokens` and, by its name, in each of `git`. */
export function sourceOf(file: string, root: Located, index: TextIndex): ManifestSource {
  const places: Record<string, Place> = {};
  for (const { key, keyOffset, value } of root.kind === "map" ? root.entries : []) {
    places[key] = index.placeOf(value.kind === "scalar" ? value.offset : keyOffset);
    if (key === "env") note(key, value);
    if (key === "git") for (const item of itemsOf(value)) noteUpstream(item);
    if (key === "egress") note("egress.tokens", valueAt(value, "tokens"));
  }
  return { file, places };

  function noteUpstream(item: Located): void {
    const name = textOf(valueAt(item, "name")) ?? "";
    for (const entry of item.kind === "map" ? item.entries : []) places[`git.${name}.${entry.key}`] = index.placeOf(entry.value.offset);
  }

  function note(path: string, map: Located | undefined): void {
    for (const entry of map?.kind === "map" ? map.entries : []) places[`${path}.${entry.key}`] = index.placeOf(entry.keyOffset);
  }
}
