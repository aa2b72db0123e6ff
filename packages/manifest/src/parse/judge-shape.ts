import * as v from "valibot";
import { nearest } from "../rules/nearest.ts";
import type { Fault } from "../rules/fault.ts";
import { faultOf } from "../schema/rule.ts";
import { quote, visible } from "../text/visible.ts";
import { describeKind, entryOf, plainOf, type Located, type LocatedMap } from "../yaml/tree.ts";
import { judgeKeys } from "./judge-keys.ts";
import type { Report } from "./report.ts";

/** Options of `judgeShape`. */
export interface JudgeShapeOptions<T> {
  readonly root: LocatedMap;
  readonly schema: v.GenericSchema<unknown, T>;
  readonly report: Report;
  /** What no schema says: rules between values, and better words for some. */
  readonly checks: (root: LocatedMap, report: Report) => void;
  /** A migration recipe for a key of older manifests. */
  readonly recipe: (path: readonly string[], node: LocatedMap) => Fault | undefined;
}

/**
 * Judges the YAML by its schema and reports every fault at its place. The output is undefined if anything is wrong.
 * Fails closed: an issue for which no better words are known is reported in general ones, never passed over.
 */
export function judgeShape<T>({ root, schema, report, recipe, checks }: JudgeShapeOptions<T>): T | undefined {
  judgeKeys({ schema, node: root, path: [], report, recipe });
  checks(root, report);
  const result = v.safeParse(schema, plainOf(root));
  for (const issue of result.issues ?? []) reportIssue(issue, root, report);
  return result.success && report.problems().length === 0 ? result.output : undefined;
}

function reportIssue(issue: v.BaseIssue<unknown>, root: LocatedMap, report: Report): void {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const { nodes, keyOffset } = follow(root, path);
  if (nodes.some((node) => report.has(node))) return;
  const last = issue.path?.at(-1);
  const isAboutKey = last !== undefined && "origin" in last && last.origin === "key";
  const at = nodes.at(-1) ?? root;
  if (isAboutKey && issue.expected === "never") {
    if (keyOffset === undefined || !report.hasAt(keyOffset)) report.add(keyOffset ?? at, { code: "key-unknown", message: `${shown(path)} is not a key here.` });
  } else if (isAboutKey && issue.type === "strict_object") {
    if (isMisspelt(at, path.at(-1) ?? "", report)) return;
    report.add(at.offset, { code: "key-missing", message: `${shown(path)} is missing.`, mend: `Add a line: ${path.at(-1)}: …` });
  } else if (isAboutKey) {
    report.add(keyOffset ?? at, faultOf(issue) ?? { code: "key-invalid", message: `${shown(path)} cannot be a key here.` });
  } else {
    report.add(at, faultOf(issue) ?? valueFault(issue, path, at));
  }
}

// `hosst` was reported with "did you mean host?"; that `host` is missing is the same slip.
function isMisspelt(at: Located, missing: string, report: Report): boolean {
  return at.kind === "map" && at.entries.some(({ key, keyOffset }) => report.hasAt(keyOffset) && nearest(key, [missing]) === missing);
}

// The nodes on the way to a path, and the offset of its last key if it is one of a map.
function follow(root: Located, path: readonly string[]): { readonly nodes: readonly Located[]; readonly keyOffset?: number } {
  const nodes: Located[] = [root];
  let keyOffset: number | undefined;
  for (const key of path) {
    const at = nodes.at(-1);
    const entry = entryOf(at, key);
    keyOffset = entry?.keyOffset;
    const next = at?.kind === "list" ? at.items[Number(key)] : entry?.value;
    if (next === undefined) break;
    nodes.push(next);
  }
  return { nodes, ...(keyOffset !== undefined && { keyOffset }) };
}

function valueFault(issue: v.BaseIssue<unknown>, path: readonly string[], at: Located): Fault {
  if (issue.type === "picklist" || issue.type === "literal") return choiceFault(issue, path, at);
  if (issue.type === "min_length") {
    return { code: "value-empty", message: `${shown(path)} is an empty list, which could be read as all or as none.`, mend: "Leave the key out for all, or name some." };
  }
  if (issue.kind === "schema" && at.kind === "scalar" && at.value === null) {
    return { code: "value-empty", message: `${shown(path)} has no value.`, mend: `Remove the key, or give it ${wanted(issue)}.` };
  }
  if (issue.kind === "schema" && !(issue.type === "number" && at.kind === "scalar" && typeof at.value === "number")) {
    const isQuotable = issue.type === "string" && at.kind === "scalar";
    return {
      code: "value-type",
      message: `${shown(path)} must be ${wanted(issue)}, not ${describeKind(at)}.`,
      ...(isQuotable && { mend: `Put it in quotes: "${visible(at.source.slice(0, 80))}"` }),
    };
  }
  return { code: "value-invalid", message: `${shown(path)} cannot be ${at.kind === "scalar" ? quote(at.source) : describeKind(at)}${bound(issue)}.` };
}

function choiceFault(issue: v.BaseIssue<unknown>, path: readonly string[], at: Located): Fault {
  const choices = [...(issue.expected ?? "").matchAll(/"([^"]*)"/g)].map(([, choice = ""]) => choice);
  const list = choices.length > 0 ? choices : [issue.expected ?? ""];
  const meant = at.kind === "scalar" ? nearest(at.source, choices) : undefined;
  return {
    code: "value-unknown",
    message: `${shown(path)} cannot be ${at.kind === "scalar" ? quote(at.source) : describeKind(at)}.`,
    mend: meant === undefined ? `Use ${list.length > 1 ? "one of: " : ""}${list.join(", ")}` : `Did you mean ${meant}? There are: ${list.join(", ")}`,
  };
}

function wanted(issue: v.BaseIssue<unknown>): string {
  const names: Readonly<Record<string, string>> = {
    string: "text", number: "a number", boolean: "true or false", array: "a list", strict_object: "a map", record: "a map", union: "text or a number",
  };
  return names[issue.type] ?? visible(issue.expected ?? "something else");
}

function bound(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "integer") return ": it must be a whole number";
  if (issue.type === "min_value") return `: the least is ${String(issue.requirement)}`;
  return issue.type === "max_value" ? `: the most is ${String(issue.requirement)}` : "";
}

/** A path as people write it: `egress.routes[0].host`. */
function shown(path: readonly string[]): string {
  const text = path.map((key, at) => (/^[0-9]+$/.test(key) ? `[${key}]` : `${at === 0 ? "" : "."}${visible(key.slice(0, 80))}`)).join("");
  return text === "" ? "The frontmatter" : `\`${text}\``;
}
