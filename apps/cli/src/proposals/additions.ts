import { describeRoute } from "@bottle/backend-core";
import type { AskedRoute, Route } from "@bottle/manifest";

/** What a route would let through that is not let through yet, in words for a person. */
export interface Addition {
  /** `adds GET on https://api.example.com/v1/**; nothing was allowed on this host before` */
  readonly sentence: string;
  /** Routes in force on its host, each in a line. */
  readonly before: readonly string[];
  /** What is wide about it, each in a few words. */
  readonly careful: readonly string[];
}

const defaultPorts: readonly number[] = [80, 443];

/** Compares a route that is asked for with those in force. Pure. What cannot be told for sure counts as new. */
export function additionOf(route: AskedRoute, inForce: readonly Route[]): Addition {
  const near = inForce.filter(({ host }) => coversHost(host, route.host) || coversHost(route.host, host));
  const allowing = near.filter(({ deny }) => deny !== true);
  const fresh = newMethods(route, allowing);
  const before = near.map(describeRoute);
  const careful = carefulOf(route);
  const where = whereOf(route);
  if (fresh === "none") return { sentence: `adds nothing: ${methodsOf(route.methods)} on ${where} is allowed already`, before, careful };
  const host = route.host.startsWith("*.") ? "on these hosts" : "on this host";
  const known = allowing.length === 0 ? `nothing was allowed ${host} before` : `some was allowed ${host} before`;
  return { sentence: `adds ${methodsOf(fresh)} on ${where}; ${known}`, before, careful };
}

// The methods of the route that some destination of it is new for.
function newMethods(route: AskedRoute, allowing: readonly Route[]): "none" | readonly string[] | undefined {
  const isCovered = (method: string | undefined): boolean => (route.ports ?? defaultPorts).every((port) => (route.paths ?? [undefined]).every((path) => allowing.some((each) =>
    coversHost(each.host, route.host) && (each.ports ?? defaultPorts).includes(port)
    && (each.methods === undefined || (method !== undefined && each.methods.includes(method))) && coversPath(each.paths, path))));
  if (route.methods === undefined) return isCovered(undefined) ? "none" : undefined;
  const fresh = route.methods.filter((method) => !isCovered(method));
  return fresh.length === 0 ? "none" : fresh;
}

function coversHost(pattern: string, host: string): boolean {
  return pattern === host || pattern === "*" || (pattern.startsWith("*.") && host.replace(/^\*\./, "").endsWith(pattern.slice(1)));
}

function coversPath(patterns: readonly string[] | undefined, path: string | undefined): boolean {
  return patterns === undefined || patterns.includes("/**") || (path !== undefined && patterns.includes(path));
}

function methodsOf(methods: readonly string[] | undefined): string {
  return methods === undefined ? "any method" : listed(methods);
}

function whereOf({ host, ports = defaultPorts, paths }: AskedRoute): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const isPlain = ports.includes(80);
  const usual = ports.includes(443) ? [`${isPlain ? "http(s)" : "https"}://${name}`] : isPlain ? [`http://${name}`] : [];
  const places = [...usual, ...ports.filter((port) => !defaultPorts.includes(port)).map((port) => `${name}:${port}`)];
  const [only = "", ...others] = paths ?? [];
  if (paths === undefined) return `${listed(places)}, any path`;
  return places.length === 1 && others.length === 0 ? `${places[0] ?? ""}${only}` : `${listed(places)}, path ${listed(paths)}`;
}

function carefulOf({ host, methods, paths, ports = defaultPorts }: AskedRoute): readonly string[] {
  return [
    ...(host.startsWith("*.") ? [`every subdomain of ${host.slice(2)}, whoever they belong to`] : []),
    ...(/^[0-9.]+$/.test(host) || host.includes(":") ? ["an address, not a name"] : []),
    ...(host.split(".").some((label) => label.startsWith("xn--")) ? ["a name in other letters than a-z: it may look like another one"] : []),
    ...(methods === undefined ? ["any method, those that write and delete included"] : []),
    ...(paths === undefined || paths.includes("/**") ? ["any path"] : []),
    ...(ports.some((port) => port !== 443 && port !== 80) ? ["other ports than the web's"] : []),
  ];
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1) ?? ""}`;
}
