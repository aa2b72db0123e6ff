import type { Fault } from "../rules/fault.ts";
import { pathFits } from "../rules/path-pattern.ts";
import { quote } from "../text/visible.ts";
import { stemOf, type UpstreamAddress } from "../upstream/address.ts";
import { itemsOf, textOf, valueAt, type Located, type LocatedMap } from "../yaml/tree.ts";
import type { Report } from "./report.ts";

/** An upstream of `git`, with where it stands. */
export interface DeclaredUpstream {
  readonly node: Located;
  readonly name: string;
  /** As written. */
  readonly text: string;
  readonly address: UpstreamAddress;
}

interface RouteView {
  readonly node: Located;
  readonly host: string;
  readonly isDeny: boolean;
  readonly isUnread: boolean;
  readonly hasPorts: boolean;
  /** Absent: every one. */
  readonly methods: readonly string[] | undefined;
  readonly paths: readonly string[] | undefined;
}

/**
 * An upstream is pushed to through the gate and by no route: one that would let `POST …/git-receive-pack` (gitprotocol-http) of
 * its own path pass is a fault, unless another denies that. The egress refuses whatever it takes for a push all the same.
 */
export function checkPushRoutes(root: LocatedMap, upstreams: readonly DeclaredUpstream[], report: Report): void {
  const routes = itemsOf(valueAt(root, "egress", "routes")).flatMap(readRoute);
  const denying = routes.filter(({ isDeny, hasPorts }) => isDeny && !hasPorts);
  for (const route of routes.filter(({ isDeny }) => !isDeny)) {
    const reached = upstreams.find((upstream) => pushes(upstream.address).some((path) =>
      allowsPush(route, upstream.address.host, path) && (route.isUnread || !denying.some((other) => deniesPush(other, upstream.address.host, path)))));
    if (reached) report.add(route.node, pushFault(route, reached));
  }
}

function readRoute(route: Located): readonly RouteView[] {
  const node = valueAt(route, "host");
  const host = textOf(node);
  if (node === undefined || host === undefined) return [];
  const isTrue = (key: string): boolean => {
    const value = valueAt(route, key);
    return value?.kind === "scalar" && value.value === true;
  };
  const texts = (key: string): readonly string[] | undefined => {
    const list = valueAt(route, key);
    return list === undefined ? undefined : itemsOf(list).flatMap((item) => textOf(item) ?? []);
  };
  return [{ node, host, isDeny: isTrue("deny"), isUnread: isTrue("passthrough"), hasPorts: valueAt(route, "ports") !== undefined, methods: texts("methods"), paths: texts("paths") }];
}

function pushes({ path }: UpstreamAddress): readonly [string, string] {
  const stem = stemOf(path);
  return [`/${stem}.git/git-receive-pack`, `/${stem}/git-receive-pack`];
}

// In any case of letters: some servers take them for the same.
function allowsPush({ host, isUnread, methods, paths }: RouteView, upstream: string, push: string): boolean {
  if (!covers(host, upstream)) return false;
  if (isUnread) return true;
  return (methods?.includes("POST") ?? true) && (paths?.some((pattern) => pathFits(pattern.toLowerCase(), push.toLowerCase())) ?? true);
}

function deniesPush({ host, methods, paths }: RouteView, upstream: string, push: string): boolean {
  return covers(host, upstream) && (methods?.includes("POST") ?? true) && (paths?.some((pattern) => pathFits(pattern, push)) ?? true);
}

function covers(host: string, upstream: string): boolean {
  return host === "*" || host === upstream || (host.startsWith("*.") && upstream.endsWith(host.slice(1)));
}

function pushFault({ host, isUnread }: RouteView, { name, address }: DeclaredUpstream): Fault {
  const [push] = pushes(address);
  if (isUnread) {
    return {
      code: "git-push-route", message: `The route to ${quote(host)} is not looked into, so that a push to ${quote(name)} could go through it, past the git gate.`,
      mend: "Remove `passthrough`, and narrow the route by methods or paths.",
    };
  }
  return {
    code: "git-push-route", message: `The route to ${quote(host)} would let a push to ${quote(name)} pass by the git gate: POST ${push.slice(0, 200)}.`,
    mend: `Narrow it to what is needed. For downloads:\nmethods: [GET, HEAD]\nTo clone and fetch other repositories there:\npaths: ["/**/info/refs", "/**/git-upload-pack"]\n`
      + `Or leave it as it is, and add:\n- { host: ${address.host.includes(":") ? `"${address.host}"` : address.host}, deny: true, methods: [POST], paths: ["/**/git-receive-pack"] }`,
  };
}
