import type { ManifestSource, Place } from "../model.ts";
import type { TextIndex } from "../text/position.ts";
import { itemsOf, valueAt, type Located } from "../yaml/tree.ts";

/** The places of a manifest's values that a later problem may point to: the top keys, what is in `env`, and every `dlp`. */
export function sourceOf(file: string, root: Located, index: TextIndex): ManifestSource {
  const places: Record<string, Place> = {};
  for (const { key, keyOffset, value } of root.kind === "map" ? root.entries : []) {
    places[key] = index.placeOf(value.kind === "scalar" ? value.offset : keyOffset);
    if (key !== "env" || value.kind !== "map") continue;
    for (const entry of value.entries) places[`env.${entry.key}`] = index.placeOf(entry.keyOffset);
  }
  for (const [path, value] of dlpOf(root)) if (value) places[path] = index.placeOf(value.offset);
  return { file, places };
}

function dlpOf(root: Located): readonly (readonly [string, Located | undefined])[] {
  const routes = itemsOf(valueAt(root, "egress", "routes"));
  return [
    ["egress.dlp.engine", valueAt(root, "egress", "dlp", "engine")],
    ...routes.map((route, at) => [`egress.routes.${at}.dlp`, valueAt(route, "dlp")] as const),
  ];
}
