import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type ParsedNode, type YAMLError } from "yaml";
import { quote, visible } from "../visible.ts";
import type { Fault, PlacedFault } from "./fault.ts";
import type { Located, LocatedEntry } from "./tree.ts";

/** What is shown of a value that starts with `*`, a host's or a branch's pattern: whatever else stands there may be a secret. */
const wildcard = /^\*{1,2}(?:[./][\w./*-]{0,80})?$/;
const deepest = 12;
const forbiddenKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Reads one YAML 1.2 core document, strictly: no directive, tag, anchor, alias, merge key, repeated key, second document or deep
 * nesting. yaml's own search for repeated keys takes quadratic time, so it is off.
 */
export function readYaml(source: string): { readonly root?: Located; readonly faults: readonly PlacedFault[] } {
  const directive = /^%/m.exec(source);
  if (directive) return { faults: [{ offset: directive.index, code: "yaml-directive", message: "Directives such as %YAML and %TAG are not read.", mend: "Remove the line." }] };
  const document = parseDocument(source, {
    version: "1.2", schema: "core", merge: false, resolveKnownTags: false, stringKeys: true, uniqueKeys: false, prettyErrors: false, logLevel: "error", strict: true,
  });
  const faults = document.errors.map((error) => syntaxFault(error, source));
  if (document.contents === null || faults.some(({ code }) => code === "yaml-too-deep")) return { faults };
  const root = locate(document.contents, { faults, depth: 0, offset: 0 });
  return { root, faults: onePerLine(faults, source) };
}

interface Walk {
  readonly faults: PlacedFault[];
  readonly depth: number;
  /** Where a value that is not written would be. */
  readonly offset: number;
}

function locate(node: ParsedNode | null, walk: Walk): Located {
  const nothing: Located = { kind: "scalar", offset: walk.offset, value: null, source: "" };
  if (!node) return nothing;
  const offset = node.range[0];
  if (!isPlain(node, walk) || isAlias(node)) return nothing;
  if (isScalar(node)) {
    const { value, source = "" } = node;
    const written = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
    return written === null && source === "" ? nothing : { kind: "scalar", offset, value: written, source };
  }
  if (walk.depth >= deepest) {
    walk.faults.push({ offset, code: "yaml-too-deep", message: `More than ${deepest} levels are not read.`, mend: "No part of the configuration is nested this deep." });
    return nothing;
  }
  const below = { ...walk, depth: walk.depth + 1, offset };
  if (isSeq(node)) return { kind: "list", offset, items: node.items.map((item) => locate(item as ParsedNode, below)) };
  return isMap(node) ? { kind: "map", offset, entries: entries(node.items, below) } : nothing;
}

type Pairs = readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[];

function entries(pairs: Pairs, walk: Walk): readonly LocatedEntry[] {
  const seen = new Set<string>();
  return pairs.flatMap(({ key: keyNode, value }) => {
    const keyOffset = keyNode.range[0];
    const key = isScalar(keyNode) ? String(keyNode.value) : "";
    const fault = keyFault(key, seen);
    seen.add(key);
    isPlain(keyNode, walk);
    if (fault) walk.faults.push({ offset: keyOffset, ...fault });
    return fault ? [] : [{ key, keyOffset, value: locate(value, { ...walk, offset: keyOffset }) }];
  });
}

function keyFault(key: string, seen: ReadonlySet<string>): Fault | undefined {
  if (key === "<<") return { code: "yaml-merge", message: "Merge keys (<<) are not read.", mend: "Write the keys out." };
  if (key === "") return { code: "yaml-key", message: "A key is missing before the colon.", mend: "Write `key: value`." };
  if (forbiddenKeys.has(key)) return { code: "yaml-key", message: `${quote(key)} cannot be a key.`, mend: "Remove it." };
  if (seen.has(key)) return { code: "yaml-duplicate-key", message: `The key ${quote(key)} is here twice.`, mend: "Keep one of the two." };
  return undefined;
}

// Nothing that makes a value other than what is written at its place.
function isPlain(node: Node, { faults }: Walk): boolean {
  const fault = propertyFault(node);
  if (fault) faults.push({ offset: node.range?.[0] ?? 0, ...fault });
  return fault === undefined;
}

function propertyFault(node: Node): Fault | undefined {
  if (isAlias(node)) {
    const written = `*${node.source}`;
    const isPattern = wildcard.test(written);
    return { code: "yaml-alias", message: `${isPattern ? quote(written) : "This"} is a YAML alias, which is not read.`, mend: isPattern ? `If it is text, quote it: ${JSON.stringify(written)}` : "If it is text, quote it." };
  }
  if ("anchor" in node && node.anchor !== undefined) return { code: "yaml-anchor", message: `The anchor ${quote(`&${node.anchor}`)} is not read.`, mend: "Remove it. If it is text, quote the value." };
  if (node.tag !== undefined) return { code: "yaml-tag", message: `The tag ${quote(node.tag)} is not read.`, mend: "Remove it. If it is text, quote the value." };
  return undefined;
}

function syntaxFault(error: YAMLError, source: string): PlacedFault {
  // What is missing at the end is missing after the last thing written, not in the blank lines below it.
  const offset = Math.min(error.pos[0], source.trimEnd().length);
  return { offset, ...knownFault(error, source) ?? { code: "yaml-syntax", message: `This is not YAML: ${visible(error.message)}.` } };
}

function knownFault(error: YAMLError, source: string): Fault | undefined {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return { code: "yaml-tab", message: "The line is indented with a tab.", mend: "YAML indents with spaces only." };
    case "MULTIPLE_DOCS":
      return { code: "yaml-documents", message: "The file holds more than one YAML document.", mend: "Keep one." };
    case "RESOURCE_EXHAUSTION":
      return { code: "yaml-too-deep", message: "The YAML is nested too deep to be read.", mend: "No part of the configuration is nested this deep." };
    case "NON_STRING_KEY":
      return { code: "yaml-key", message: "A key must be a word, not a list or a map.", mend: "Write `key: value`." };
    case "BAD_ALIAS":
    case "BAD_SCALAR_START": {
      const value = /^[^\n#,\]}]{0,80}/.exec(source.slice(error.pos[0]))?.[0].trim() ?? "";
      const isPattern = wildcard.test(value);
      return { code: "yaml-quote", message: `${isPattern ? quote(value) : "The value"} needs quotes: it starts with a character that YAML keeps for itself.`, mend: isPattern ? JSON.stringify(value) : "Put it in double quotes." };
    }
    case "BLOCK_AS_IMPLICIT_KEY":
      return { code: "yaml-syntax", message: "A second `key:` stands on the same line.", mend: "Put it on its own line, or quote the value if the colon belongs to it." };
    default:
      return undefined;
  }
}

// One slip makes yaml report many errors on the line; the first says it.
function onePerLine(faults: readonly PlacedFault[], source: string): readonly PlacedFault[] {
  const lines = new Set<number>();
  return [...faults].sort((a, b) => a.offset - b.offset).filter(({ offset }) => {
    const line = source.lastIndexOf("\n", Math.max(0, offset - 1));
    return lines.size < lines.add(line).size;
  });
}
