/** A YAML value and where it starts in the file. `offset` is in UTF-16 units. */
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

/** The value below a key; undefined if `node` is no map or has no such key. */
export function entryOf(node: Located | undefined, key: string): LocatedEntry | undefined {
  return node?.kind === "map" ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** The value at a path of keys. */
export function valueAt(node: Located | undefined, ...keys: readonly string[]): Located | undefined {
  return keys.reduce<Located | undefined>((at, key) => entryOf(at, key)?.value, node);
}

/** The items of a list; none if `node` is no list. */
export function itemsOf(node: Located | undefined): readonly Located[] {
  return node?.kind === "list" ? node.items : [];
}

/** The text of a text node. */
export function textOf(node: Located | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

/** The value without places. Keys become own properties, whatever they are called. */
export function plainOf(node: Located): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainOf);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]));
}

/** What a person calls the value. */
export function describeKind(node: Located): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  if (node.value === null) return "nothing";
  return typeof node.value === "string" ? "text" : typeof node.value === "number" ? "a number" : String(node.value);
}
