import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node, type ParsedNode } from "yaml";
import type { Fault } from "../rules/fault.ts";
import { quote } from "../text/visible.ts";
import type { Located, LocatedEntry } from "./tree.ts";
import { syntaxFault } from "./syntax-fault.ts";

/** A fault and the offset it is at. */
export interface PlacedFault extends Fault {
  readonly offset: number;
}

const deepest = 12;
const mostFaults = 20;
const pollutingKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Reads one YAML 1.2 core document, strictly: no directive, tag, anchor, alias, merge key, repeated key, second document or
 * deep nesting. Time is linear: yaml's own search for repeated keys is quadratic, so it is off.
 * @param base the offset of `source` in its file, added to every offset
 */
export function readYaml(source: string, base: number): { readonly root?: Located; readonly faults: readonly PlacedFault[] } {
  const directive = /^%/m.exec(source);
  if (directive) {
    return { faults: [{ offset: base + directive.index, code: "yaml-directive", message: "Directives such as %YAML and %TAG are not read.", mend: "Remove the line." }] };
  }
  const document = parseDocument(source, {
    version: "1.2", schema: "core", merge: false, resolveKnownTags: false, stringKeys: true, uniqueKeys: false, prettyErrors: false,
    logLevel: "error", strict: true,
  });
  const faults = document.errors.map((error) => syntaxFault(error, { source, base }));
  const walk: Walk = { base, faults };
  const root = document.contents === null || faults.some(({ code }) => code === "yaml-too-deep") ? undefined : locate(document.contents, walk, { depth: 0, offset: base });
  return { ...(root && { root }), faults: onePerLine(faults, source, base) };
}

interface Walk {
  readonly base: number;
  readonly faults: PlacedFault[];
}

interface From {
  readonly depth: number;
  /** Where a value that is not written would be. */
  readonly offset: number;
}

function locate(node: ParsedNode | null, walk: Walk, from: From): Located {
  const offset = node ? walk.base + node.range[0] : from.offset;
  const nothing: Located = { kind: "scalar", offset: from.offset, value: null, source: "" };
  if (!node) return nothing;
  if (!refuse(node, walk, offset) || isAlias(node)) return nothing;
  if (isScalar(node)) {
    const { value } = node;
    const written = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
    if (written === null && (node.source ?? "") === "") return nothing;
    return { kind: "scalar", offset, value: written, source: node.source ?? "" };
  }
  if (from.depth >= deepest) {
    walk.faults.push({ offset, code: "yaml-too-deep", message: `More than ${deepest} levels are not read.`, mend: "No part of a manifest is nested this deep." });
    return nothing;
  }
  if (isSeq(node)) return { kind: "list", offset, items: node.items.map((item) => locate(item as ParsedNode, walk, { depth: from.depth + 1, offset })) };
  return isMap(node) ? { kind: "map", offset, entries: entries(node.items, walk, { depth: from.depth + 1, offset }) } : nothing;
}

type Pairs = readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[];

function entries(pairs: Pairs, walk: Walk, from: From): LocatedEntry[] {
  const seen = new Set<string>();
  return pairs.flatMap(({ key: keyNode, value }) => {
    const keyOffset = keyNode.range ? walk.base + keyNode.range[0] : from.offset;
    const key = isScalar(keyNode) ? String(keyNode.value) : "";
    const fault = keyFault(key, seen);
    seen.add(key);
    refuse(keyNode, walk, keyOffset);
    if (fault) walk.faults.push({ offset: keyOffset, ...fault });
    return fault ? [] : [{ key, keyOffset, value: locate(value, walk, { depth: from.depth, offset: keyOffset }) }];
  });
}

function keyFault(key: string, seen: ReadonlySet<string>): Fault | undefined {
  if (key === "<<") return { code: "yaml-merge", message: "Merge keys (<<) are not read.", mend: "Write the keys out." };
  if (key === "") return { code: "yaml-key", message: "A key is missing before the colon.", mend: "Write `key: value`." };
  if (pollutingKeys.has(key)) return { code: "yaml-key", message: `${quote(key)} cannot be a key.`, mend: "Remove it." };
  if (seen.has(key)) return { code: "yaml-duplicate-key", message: `The key ${quote(key)} is here twice.`, mend: "Keep one of the two." };
  return undefined;
}

function refuse(node: Node, walk: Walk, offset: number): boolean {
  const fault = propertyFault(node);
  if (fault) walk.faults.push({ offset, ...fault });
  return fault === undefined;
}

function propertyFault(node: Node): Fault | undefined {
  if (isAlias(node)) {
    const written = `*${node.source}`;
    return { code: "yaml-alias", message: `${quote(written)} is a YAML alias, which is not read.`, mend: `If it is text, quote it: ${JSON.stringify(written)}` };
  }
  if ("anchor" in node && node.anchor !== undefined) {
    return { code: "yaml-anchor", message: `The anchor ${quote(`&${String(node.anchor)}`)} is not read.`, mend: "Remove it. If it is text, quote the value." };
  }
  if (node.tag !== undefined) {
    return { code: "yaml-tag", message: `The tag ${quote(node.tag)} is not read.`, mend: "Remove it. If it is text, quote the value." };
  }
  return undefined;
}

// One slip makes yaml report many errors on the line; the first says it.
function onePerLine(faults: readonly PlacedFault[], source: string, base: number): PlacedFault[] {
  const lines = new Set<number>();
  const first: PlacedFault[] = [];
  for (const fault of [...faults].sort((a, b) => a.offset - b.offset)) {
    const line = source.lastIndexOf("\n", Math.max(0, fault.offset - base - 1));
    if (!lines.has(line)) first.push(fault);
    lines.add(line);
    if (first.length === mostFaults) break;
  }
  return first;
}
