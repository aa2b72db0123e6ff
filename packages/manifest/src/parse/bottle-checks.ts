import type { Isolation } from "../model.ts";
import { quote } from "../text/visible.ts";
import { entryOf, itemsOf, textOf, valueAt, type LocatedMap } from "../yaml/tree.ts";
import { checkEgress } from "./egress-checks.ts";
import { checkEnv } from "./env-checks.ts";
import { checkGit } from "./git-checks.ts";
import type { Report } from "./report.ts";

/** The rules between values of a bottle. Each looks at the YAML itself, so that a fault elsewhere hides none. */
export function checkBottle(root: LocatedMap, report: Report): void {
  checkEnv(root, report);
  checkEgress(valueAt(root, "egress"), report);
  checkForwarded(root, report);
  checkGit(root, report);
  checkBackend(root, report);
}

// P1: what the egress puts on the wire must not also be put inside.
function checkForwarded(root: LocatedMap, report: Report): void {
  const sources = valueAt(root, "egress", "tokens");
  const tokens = new Set([
    ...itemsOf(valueAt(root, "egress", "routes")).map((route) => textOf(valueAt(route, "auth", "token_ref"))),
    ...(sources?.kind === "map" ? sources.entries.map(({ value }) => textOf(valueAt(value, "env"))) : []),
  ]);
  const env = valueAt(root, "env");
  for (const { key, value } of env?.kind === "map" ? env.entries : []) {
    const name = entryOf(value, "from_env");
    const variable = textOf(name?.value);
    if (name && variable !== undefined && tokens.has(variable)) report.add(name.value, forwardedTokenFault(key, variable));
  }
}

/** A credential of a route that is forwarded into the bottle as well. */
export function forwardedTokenFault(key: string, variable: string): { readonly code: string; readonly message: string; readonly mend: string } {
  return {
    code: "credential-inside",
    message: `${key} would put ${variable} into the bottle; a route uses it as token_ref so that it stays out.`,
    mend: `Remove ${key}, or give it a placeholder: the egress adds the real value.`,
  };
}

const given: Readonly<Record<string, Isolation>> = { bubblewrap: "namespaces", docker: "container", smolmachines: "microvm" };
const levels: readonly string[] = ["namespaces", "container", "microvm"];

function checkBackend(root: LocatedMap, report: Report): void {
  const backend = textOf(valueAt(root, "backend")) ?? "auto";
  const floor = valueAt(root, "min_isolation");
  const gives = Object.hasOwn(given, backend) ? given[backend] : undefined;
  const wanted = textOf(floor);
  if (floor && gives && wanted !== undefined && levels.indexOf(wanted) > levels.indexOf(gives)) {
    report.add(floor, {
      code: "isolation-unreachable", message: `Backend ${backend} gives ${gives}, which is below ${wanted}.`,
      mend: `Use backend: ${Object.entries(given).find(([, level]) => level === wanted)?.[0] ?? "auto"}, or lower min_isolation.`,
    });
  }
  const runtime = entryOf(root, "runtime");
  if (runtime && backend !== "docker") {
    report.add(runtime.keyOffset, { code: "runtime-unused", message: `\`runtime\` acts with backend docker only; here it is ${quote(backend)}, so it could be passed over.`, mend: "backend: docker" });
  }
}
