import { quote, visible } from "../visible.ts";
import type { Fault, FindFault } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { describeKind, type Located } from "./tree.ts";

/** Where a value is, for people, and where to report what is wrong. */
export interface At {
  /** As people write it: `routes[0].host`; empty for the whole file. */
  readonly path: string;
  readonly report: (offset: number, fault: Fault) => void;
}

/** Reads one value of the tree. Undefined if it was refused, and then a fault was reported. */
export type Field<T> = (node: Located, at: At) => T | undefined;

type Fields = Readonly<Record<string, Field<unknown>>>;
type ValueOf<F> = F extends Field<infer T> ? T : never;
type MapOf<R extends Fields, O extends Fields> =
  { readonly [K in keyof R]: ValueOf<R[K]> } & { readonly [K in keyof O]?: ValueOf<O[K]> };

/** Text, judged by a rule if there is one. */
export function text(find?: FindFault<string>): Field<string> {
  return (node, at) => {
    if (node.kind !== "scalar" || typeof node.value !== "string") return wrongKind(node, at, "text");
    const fault = find?.(node.value);
    if (fault) at.report(node.offset, fault);
    return fault ? undefined : node.value;
  };
}

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number): Field<number> {
  return (node, at) => {
    if (node.kind !== "scalar" || typeof node.value !== "number") return wrongKind(node, at, "a number");
    if (Number.isInteger(node.value) && node.value >= least && node.value <= most) return node.value;
    at.report(node.offset, { code: "value-invalid", message: `\`${at.path}\` cannot be ${quote(node.source)}.`, mend: `A whole number from ${least} to ${most}` });
    return undefined;
  };
}

/** true or false. */
export const flag: Field<boolean> = (node, at) => {
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  const meant = node.kind === "scalar" ? /^(?:(yes|on|true)|no|off|false)$/i.exec(node.source) : null;
  return wrongKind(node, at, "true or false", meant === null ? undefined : String(meant[1] !== undefined));
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Field<T> {
  return (node, at) => {
    const found = words.find((word) => node.kind === "scalar" && node.value === word);
    if (found !== undefined) return found;
    const meant = node.kind === "scalar" ? nearest(node.source, words) : undefined;
    at.report(node.offset, {
      code: "value-unknown",
      message: `\`${at.path}\` cannot be ${node.kind === "scalar" && node.value !== null ? quote(node.source) : describeKind(node)}.`,
      mend: `${meant === undefined ? "" : `Did you mean ${meant}? `}There ${words.length > 1 ? "are" : "is"}: ${words.join(", ")}`,
    });
    return undefined;
  };
}

/** A list. `isFilled`: not empty, where an empty one could be read as all or as none. */
export function list<T>(item: Field<T>, { isFilled = false }: { readonly isFilled?: boolean } = {}): Field<readonly T[]> {
  return (node, at) => {
    if (node.kind !== "list") return wrongKind(node, at, "a list", node.kind === "scalar" && node.value !== null ? `[${visible(node.source)}]` : undefined);
    if (isFilled && node.items.length === 0) {
      at.report(node.offset, { code: "value-empty", message: `\`${at.path}\` is an empty list, which could be read as all or as none.`, mend: "Leave the key out, or name some." });
      return undefined;
    }
    const values = node.items.map((one, index) => item(one, { ...at, path: `${at.path}[${index}]` }));
    return values.every((value) => value !== undefined) ? values : undefined;
  };
}

/** A map with keys of the operator's own. */
export function record<T>(key: FindFault<string>, field: Field<T>): Field<Readonly<Record<string, T>>> {
  return (node, at) => {
    if (node.kind !== "map") return wrongKind(node, at, "a map");
    const values = node.entries.map((entry) => {
      const fault = key(entry.key);
      if (fault) at.report(entry.keyOffset, fault);
      const value = field(entry.value, { ...at, path: `${at.path}.${visible(entry.key)}` });
      return fault ? undefined : value;
    });
    if (values.some((value) => value === undefined)) return undefined;
    return Object.fromEntries(node.entries.map((entry, index) => [entry.key, values[index]] as const)) as Readonly<Record<string, T>>;
  };
}

/** A map with these keys and no others. */
export function map<R extends Fields, O extends Fields>(required: R, optional: O): Field<MapOf<R, O>> {
  const known: Fields = { ...required, ...optional };
  const names = Object.keys(known);
  return (node, at) => {
    if (node.kind !== "map") return wrongKind(node, at, "a map");
    const unknown = node.entries.filter(({ key }) => !Object.hasOwn(known, key));
    for (const { key, keyOffset } of unknown) at.report(keyOffset, unknownKey(key, names, at.path));
    // `hosst` was reported with "did you mean host?"; that `host` is missing is the same slip.
    const missing = Object.keys(required).filter((key) => node.entries.every((entry) => entry.key !== key));
    const unsaid = missing.filter((key) => unknown.every((entry) => nearest(entry.key, names) !== key));
    for (const key of unsaid) at.report(node.offset, { code: "key-missing", message: `\`${below(at.path, key)}\` is missing.`, mend: `Add a line: ${key}: …` });
    const values = node.entries.map(({ key, value }) => [key, known[key]?.(value, { ...at, path: below(at.path, key) })] as const);
    const isRefused = missing.length > 0 || values.some(([, value]) => value === undefined);
    return isRefused ? undefined : Object.fromEntries(values) as MapOf<R, O>;
  };
}

/** What another field read, made into something else; `judge` may refuse it at a place of its own. */
export function refined<T, U>(field: Field<T>, judge: (value: T, node: Located, at: At) => U | undefined): Field<U> {
  return (node, at) => {
    const value = field(node, at);
    return value === undefined ? undefined : judge(value, node, at);
  };
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function unknownKey(key: string, names: readonly string[], path: string): Fault {
  const meant = nearest(key, names);
  return {
    code: "key-unknown",
    message: `${quote(key)} is not a key ${path === "" ? "here" : `of \`${path.replace(/\[\d+\]$/, "")}\``}.`,
    mend: meant === undefined ? `There are: ${names.join(", ")}` : `Did you mean ${meant}?`,
  };
}

function wrongKind(node: Located, at: At, wanted: string, mend?: string): undefined {
  const subject = at.path === "" ? "The file" : `\`${at.path}\``;
  if (node.kind === "scalar" && node.value === null) {
    at.report(node.offset, { code: "value-empty", message: `${subject} has no value.`, mend: `Remove the key, or give it ${wanted}.` });
    return undefined;
  }
  const isQuotable = wanted === "text" && node.kind === "scalar";
  const better = isQuotable ? `Put it in quotes: "${visible(node.source.slice(0, 80))}"` : mend;
  at.report(node.offset, { code: "value-type", message: `${subject} must be ${wanted}, not ${describeKind(node)}.`, ...(better !== undefined && { mend: better }) });
  return undefined;
}
