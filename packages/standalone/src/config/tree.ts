/** A YAML value and where it starts in the text. `offset` is in UTF-16 units. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: "map";
  readonly offset: number;
  readonly entries: readonly LocatedEntry[];
}

export interface LocatedEntry {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: "list";
  readonly offset: number;
  readonly items: readonly Located[];
}

export interface LocatedScalar {
  readonly kind: "scalar";
  readonly offset: number;
  readonly value: string | number | boolean | null;
  /** As written, without quotes. */
  readonly source: string;
}

/** The value at a path of keys and positions; undefined if there is none. */
export function nodeAt(node: Located | undefined, ...path: readonly (string | number)[]): Located | undefined {
  return path.reduce<Located | undefined>((at, key) => {
    if (at?.kind === "list") return at.items[Number(key)];
    return at?.kind === "map" ? at.entries.find((entry) => entry.key === key)?.value : undefined;
  }, node);
}

/** What a person calls the value. */
export function describeKind(node: Located): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  if (node.value === null) return "nothing";
  return typeof node.value === "string" ? "text" : typeof node.value === "number" ? "a number" : String(node.value);
}
