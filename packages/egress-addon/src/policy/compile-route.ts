import { checkAuth } from "./check-auth.ts";
import { isListOf, type Report } from "./check.ts";
import { checkDlp } from "./dlp.ts";
import { checkLimits } from "./limits.ts";
import { loosen } from "./loosen.ts";
import type { EgressRoute } from "./model.ts";
import { compilePattern, type PathPattern } from "./pattern.ts";
import type { RouteHost } from "./route-host.ts";

/** A route, ready to be matched. */
export interface CompiledRoute {
  readonly route: EgressRoute;
  /** Its place in the policy, from 1, as in `compilePolicy`'s errors. */
  readonly position: number;
  readonly host: RouteHost;
  /** Absent: every port. */
  readonly ports?: ReadonlySet<number>;
  /** Absent: every method. */
  readonly methods?: ReadonlySet<string>;
  /** Absent: every path. Of a deny route loosened, for readings that are so too. */
  readonly paths?: readonly PathPattern[];
}

const notBesideDeny = ["auth", "dlp", "limits", "websocket", "passthrough"] as const;
const notBesidePassthrough = ["methods", "paths", "auth", "websocket"] as const;

/** Checks one route, whose host is known to be fine, and readies it. What is reported makes the result worthless. */
export function compileRoute(route: EgressRoute, place: { readonly position: number; readonly host: RouteHost }, report: Report): CompiledRoute {
  const { ports = defaultPorts(route), methods, paths } = route;
  if (ports !== undefined && !isListOf(ports, (port) => Number.isInteger(port) && port > 0 && port < 65_536)) report("ports must be numbers from 1 to 65535");
  if (methods !== undefined && !isListOf(methods, (method) => /^[A-Z-]+$/.test(String(method)))) report("methods must be in upper case");
  if (route.auth !== undefined) checkAuth(route.auth, report);
  checkDlp(route.dlp, report);
  checkLimits(route.limits, report);
  checkFlags(route, report);
  if (route.deny === true) checkDeny(route, report);
  else if (route.passthrough === true) checkPassthrough(route, place.host, report);
  return {
    route, ...place,
    ...(ports === undefined ? {} : { ports: new Set(Array.isArray(ports) ? ports : []) }),
    ...(methods === undefined ? {} : { methods: new Set(Array.isArray(methods) ? methods : []) }),
    ...(paths === undefined ? {} : { paths: compilePaths(paths, route.deny === true, report) }),
  };
}

/** The ports of a route that names none; `undefined` is every port. A denial is as wide as can be, an unread tunnel as narrow. */
export function defaultPorts({ deny, passthrough }: EgressRoute): readonly number[] | undefined {
  if (deny === true) return undefined;
  return passthrough === true ? [443] : [80, 443];
}

function checkFlags(route: EgressRoute, report: Report): void {
  for (const key of ["deny", "websocket", "passthrough"] as const) {
    if (route[key] !== undefined && typeof route[key] !== "boolean") report(`${key} must be true or false`);
  }
}

function checkDeny(route: EgressRoute, report: Report): void {
  const beside = notBesideDeny.filter((key) => route[key] !== undefined);
  if (beside.length > 0) report(`a deny route cannot have ${beside.join(", ")}`);
  for (const key of ["ports", "methods", "paths"] as const) {
    if (Array.isArray(route[key]) && route[key].length === 0) report(`an empty list of ${key} denies nothing`);
  }
}

function checkPassthrough(route: EgressRoute, host: RouteHost, report: Report): void {
  const beside: string[] = notBesidePassthrough.filter((key) => route[key] !== undefined);
  const { dlp, limits } = route;
  if (dlp !== undefined && dlp !== "off") beside.push("dlp other than off");
  if (limits?.requests !== undefined || limits?.requestsPerMinute !== undefined || limits?.bytesOutPerMinute !== undefined) beside.push("limits other than concurrent");
  if (beside.length > 0) report(`a passthrough route cannot have ${beside.join(", ")}, since nothing in its tunnels is read`);
  if (host.kind === "any") report("tunnels to any host cannot pass unread; name the host");
}

function compilePaths(paths: readonly string[], isDeny: boolean, report: Report): readonly PathPattern[] {
  if (!isListOf(paths, (path) => typeof path === "string")) {
    report("paths must be a list of texts");
    return [];
  }
  return paths.map((path) => {
    const pattern = compilePattern(path);
    if (pattern === undefined) report(`path ${JSON.stringify(path)} must start with / and have no dot segments`);
    return isDeny ? loosen(pattern ?? []) : pattern ?? [];
  });
}
