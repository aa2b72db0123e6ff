import type { Fault } from "../rules/fault.ts";
import { nearest } from "../rules/nearest.ts";
import { quote } from "../text/visible.ts";
import { describeKind, type Located, type LocatedMap } from "../yaml/tree.ts";
import type { Report } from "./report.ts";

/** A schema, what it is to judge, and where that is. */
export interface JudgeKeysOptions {
  readonly schema: unknown;
  readonly node: Located;
  readonly path: readonly string[];
  readonly report: Report;
  readonly recipe: (path: readonly string[], node: LocatedMap) => Fault | undefined;
}

/** Reports every unknown key, and every value that is a list or a scalar where a map belongs (valibot takes lists for objects). */
export function judgeKeys(options: JudgeKeysOptions): void {
  const { node, path, report } = options;
  const schema = unwrapped(options.schema);
  if (report.isFull()) return;
  if (schema.type === "array" && node.kind === "list") {
    node.items.forEach((item, at) => judgeKeys({ ...options, schema: schema.item, node: item, path: [...path, String(at)] }));
  }
  if (schema.type !== "strict_object" && schema.type !== "record") return;
  if (node.kind !== "map") return report.add(node, mapFault(node, path));
  if (schema.type === "record") {
    for (const { key, value } of node.entries) judgeKeys({ ...options, schema: schema.value, node: value, path: [...path, key] });
    return;
  }
  for (const { key, keyOffset, value } of node.entries) {
    const below = [...path, key];
    if (Object.hasOwn(schema.entries, key)) judgeKeys({ ...options, schema: schema.entries[key], node: value, path: below });
    else report.add(keyOffset, options.recipe(below, node) ?? unknownKey(key, Object.keys(schema.entries), path));
  }
}

/** A key that is not one of `known`. */
function unknownKey(key: string, known: readonly string[], path: readonly string[]): Fault {
  const meant = nearest(key, known);
  const where = path.length === 0 ? "here" : `of \`${path.filter((part) => !/^[0-9]+$/.test(part)).join(".")}\``;
  return {
    code: "key-unknown",
    message: `${quote(key)} is not a key ${where}.`,
    mend: meant === undefined ? `There are: ${known.join(", ")}` : `Did you mean ${meant}?`,
  };
}

function mapFault(node: Located, path: readonly string[]): Fault {
  const key = path.findLast((part) => !/^[0-9]+$/.test(part)) ?? "frontmatter";
  if (node.kind === "scalar" && node.value === null) {
    return { code: "value-empty", message: `\`${key}\` has no value.`, mend: "Remove the key, or put its own keys below it, indented." };
  }
  return { code: "value-type", message: `\`${key}\` must hold a map, not ${describeKind(node)}.`, mend: "Write `key: value` lines below it, indented." };
}

/** What is looked at of a valibot schema. */
interface SchemaView {
  readonly type: unknown;
  readonly item: unknown;
  readonly value: unknown;
  readonly entries: Readonly<Record<string, unknown>>;
}

function unwrapped(schema: unknown): SchemaView {
  if (!isRecord(schema)) return { type: undefined, item: undefined, value: undefined, entries: {} };
  if (schema["type"] === "exact_optional") return unwrapped(schema["wrapped"]);
  const { type, item, value, entries } = schema;
  return { type, item, value, entries: isRecord(entries) ? entries : {} };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
