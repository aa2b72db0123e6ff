import { nearest } from "../rules/nearest.ts";
import type { Fault } from "../rules/fault.ts";
import { readNameFault } from "../rules/env-name.ts";
import { visible } from "../text/visible.ts";
import { entryOf, valueAt, type Located, type LocatedEntry, type LocatedMap } from "../yaml/tree.ts";
import type { Report } from "./report.ts";

/** Judges the values of `env`: text, `{ from_env: NAME }` or `{ secret: true }`. */
export function checkEnv(root: LocatedMap, report: Report): void {
  const env = valueAt(root, "env");
  if (env?.kind !== "map") return;
  for (const entry of env.entries) {
    const found = entryFault(entry);
    if (!found) continue;
    report.add(found.offset, found.fault);
    // What valibot's union says of the entry is less exact.
    report.mark(entry.value);
  }
}

interface Found {
  readonly offset: number;
  readonly fault: Fault;
}

const forms = "text, { from_env: NAME } or { secret: true }";

function entryFault({ key, value }: LocatedEntry): Found | undefined {
  if (value.kind === "scalar") return scalarFault(key, value.value, value);
  if (value.kind === "list") return typeFault(key, value);
  return mapFault(key, value);
}

function scalarFault(key: string, written: string | number | boolean | null, value: Located & { readonly kind: "scalar" }): Found | undefined {
  if (typeof written === "string") {
    return written.includes("\0") ? { offset: value.offset, fault: { code: "env-value", message: `${key} holds a NUL character, which no environment can.` } } : undefined;
  }
  if (written === null && value.source === "") return { offset: value.offset, fault: { code: "value-empty", message: `${key} has no value.`, mend: `${key}: ""` } };
  return {
    offset: value.offset,
    fault: { code: "env-value", message: `${key} must be text; without quotes this is ${written === null ? "nothing" : `a ${typeof written}`}.`, mend: `${key}: "${visible(value.source.slice(0, 200))}"` },
  };
}

function mapFault(key: string, value: LocatedMap): Found | undefined {
  const known = ["from_env", "secret"];
  const stranger = value.entries.find((entry) => !known.includes(entry.key));
  if (stranger) {
    const meant = nearest(stranger.key, known);
    return { offset: stranger.keyOffset, fault: { code: "env-value", message: `${key} must be ${forms}.`, ...(meant !== undefined && { mend: `Did you mean ${meant}?` }) } };
  }
  if (value.entries.length !== 1) return typeFault(key, value);
  const name = entryOf(value, "from_env")?.value;
  if (name === undefined) return secretFault(key, value);
  if (name.kind !== "scalar" || typeof name.value !== "string") return typeFault(key, value);
  const fault = readNameFault(name.value);
  return fault && { offset: name.offset, fault };
}

function secretFault(key: string, value: LocatedMap): Found | undefined {
  const secret = entryOf(value, "secret")?.value;
  if (secret?.kind === "scalar" && secret.value === true) return undefined;
  return { offset: secret?.offset ?? value.offset, fault: { code: "env-value", message: `${key}: \`secret\` can only be true.`, mend: `${key}: { secret: true }` } };
}

function typeFault(key: string, value: Located): Found {
  return { offset: value.offset, fault: { code: "env-value", message: `${key} must be ${forms}.`, mend: `${key}: { from_env: ${key} }` } };
}
