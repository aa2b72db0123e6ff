import { entropy } from "../patterns/shape.ts";
import type { Pack, Place } from "./pack.ts";

/** What pipelock takes: more bits for each character than this, in pieces of at least this length. */
const rules: Readonly<Record<"host" | "path" | "query", { readonly shortest: number; readonly bits: number }>> = {
  host: { shortest: 8, bits: 4 },
  path: { shortest: 20, bits: 4.5 },
  query: { shortest: 20, bits: 4.5 },
};

/**
 * Text too random for its place: labels of a host but for the last two, segments of a path, keys and values of a query.
 * Names of packages, ids of documents and pre-signed URLs are as random as a secret: this warns well and refuses badly.
 */
export const entropyPack: Pack = {
  id: "entropy",
  find(text, place) {
    if (place === "header" || place === "body") return [];
    const { shortest, bits } = rules[place];
    return pieces(text, place).some((piece) => piece.length >= shortest && entropy(piece) > bits) ? [`entropy-${place}`] : [];
  },
};

function pieces(text: string, place: Place): readonly string[] {
  if (place === "host") return text.split(".").slice(0, -2);
  return text.split(place === "path" ? "/" : /[?&;=]/);
}
