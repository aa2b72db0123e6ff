import { everyHostFault } from "../rules/host.ts";
import { headerNameFault, queryNameFault } from "../rules/request.ts";
import { entryOf, itemsOf, textOf, valueAt, type Located } from "../yaml/tree.ts";
import type { Report } from "./report.ts";
import { checkTokens } from "./token-checks.ts";

/** The rules between values of a bottle's `egress`. */
export function checkEgress(egress: Located | undefined, report: Report): void {
  const isOpen = isTrue(valueAt(egress, "dangerously_allow_all"));
  for (const route of itemsOf(valueAt(egress, "routes"))) {
    checkAuth(valueAt(route, "auth"), report);
    checkAlone(route, report);
    checkEveryHost(route, isOpen, report);
  }
  checkTokens(egress, report);
}

function isTrue(node: Located | undefined): boolean {
  return node?.kind === "scalar" && node.value === true;
}

function checkEveryHost(route: Located, isOpen: boolean, report: Report): void {
  const host = valueAt(route, "host");
  if (host === undefined || textOf(host) !== "*") return;
  if (!isOpen && !isTrue(valueAt(route, "deny"))) return report.add(host, everyHostFault());
  const auth = entryOf(route, "auth");
  if (auth) report.add(auth.keyOffset, { code: "auth-everywhere", message: "A credential cannot go to every host.", mend: "Give it a route of its own that names the host." });
}

const besideDeny: readonly string[] = ["host", "ports", "methods", "paths", "deny"];
const besidePassthrough: readonly string[] = ["host", "ports", "passthrough", "limits"];

/** A route that refuses, and one that is not looked into, have nothing that acts on what passes. */
function checkAlone(route: Located, report: Report): void {
  if (route.kind !== "map") return;
  if (isTrue(valueAt(route, "passthrough"))) checkUnreadLimits(valueAt(route, "limits"), report);
  const kinds = [
    { key: "deny", beside: besideDeny, because: "what it fits never passes" },
    { key: "passthrough", beside: besidePassthrough, because: "what goes through it is not looked into" },
  ].filter(({ key }) => isTrue(valueAt(route, key)));
  for (const { key, beside, because } of kinds) {
    for (const extra of route.entries.filter((entry) => !beside.includes(entry.key))) {
      report.add(extra.keyOffset, { code: "route-key-unused", message: `\`${extra.key}\` has no effect beside \`${key}: true\`: ${because}.`, mend: `Remove \`${extra.key}\`, or \`${key}\`.` });
    }
  }
}

function checkUnreadLimits(limits: Located | undefined, report: Report): void {
  for (const { key, keyOffset } of limits?.kind === "map" ? limits.entries : []) {
    if (key !== "concurrent") report.add(keyOffset, { code: "route-key-unused", message: `\`${key}\` has no effect beside \`passthrough: true\`: requests are not seen.`, mend: "Keep `concurrent` alone." });
  }
}

const only: Readonly<Record<string, string>> = { in: "placeholder", region: "sigv4", service: "sigv4" };

function checkParts(auth: Located, report: Report): void {
  const scheme = textOf(valueAt(auth, "scheme"));
  for (const [key, owner] of Object.entries(only)) {
    const entry = entryOf(auth, key);
    if (entry && scheme !== undefined && scheme !== owner) {
      report.add(entry.keyOffset, { code: "auth-key-unused", message: `\`${key}\` is for scheme ${owner}; this one is ${scheme}.`, mend: `Remove \`${key}\`.` });
    }
  }
}

const places: Readonly<Record<string, string>> = {
  bearer: "the Authorization header", basic: "the Authorization header", token: "the Authorization header",
  sigv4: "the program's own signature", placeholder: "the place where the program puts it",
};
const namedSchemes: readonly (string | undefined)[] = ["header", "query"];

function checkAuth(auth: Located | undefined, report: Report): void {
  if (auth?.kind !== "map") return;
  checkParts(auth, report);
  const scheme = textOf(valueAt(auth, "scheme"));
  const name = entryOf(auth, "name");
  if (name === undefined) {
    if (!namedSchemes.includes(scheme)) return;
    const example = scheme === "header" ? "name: x-api-key" : "name: api_key";
    return report.add(auth.offset, { code: "auth-name-missing", message: `Scheme ${scheme} needs the ${scheme === "header" ? "header's" : "query parameter's"} name.`, mend: example });
  }
  const written = textOf(name.value);
  if (written === undefined) return;
  if (scheme !== undefined && Object.hasOwn(places, scheme)) {
    return report.add(name.keyOffset, { code: "auth-name-extra", message: `Scheme ${scheme} has no name: it always uses ${places[scheme] ?? ""}.`, mend: `Remove \`name\`, or write scheme: header.` });
  }
  const fault = scheme === "query" ? queryNameFault(written) : headerNameFault(written);
  if (fault) report.add(name.value, fault);
}
