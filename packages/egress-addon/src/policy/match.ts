import type { CompiledRoute } from "./compile-route.ts";
import { matchesPath } from "./pattern.ts";
import type { RequestTarget } from "./target.ts";

/** A request that can be read, as routes are compared with it. */
export interface MatchSubject {
  readonly port: number;
  readonly method: string;
  readonly secure: boolean;
  readonly websocket: boolean;
  readonly readings: RequestTarget["readings"];
  /** The same, loosened, for deny routes. */
  readonly looseReadings: () => RequestTarget["readings"];
}

/** Why a route that names the host does not fit a request. Later ones are nearer misses. */
export const misses = ["port", "method", "path", "websocket", "needs-tls", "passthrough"] as const;
export type Miss = (typeof misses)[number];

/** Why an allowing route does not fit, or `undefined` if it does. Every reading of the path must fit one of its patterns. */
export function missOf(candidate: CompiledRoute, subject: MatchSubject): Miss | undefined {
  const { route, paths } = candidate;
  if (candidate.ports?.has(subject.port) === false) return "port";
  if (route.passthrough === true) return "passthrough";
  if (candidate.methods?.has(subject.method) === false) return "method";
  const fits = (reading: readonly string[]): boolean => paths?.some((pattern) => matchesPath(pattern, reading)) ?? true;
  if (!subject.readings.every(fits)) return "path";
  if (subject.websocket && route.websocket === false) return "websocket";
  return route.auth !== undefined && !subject.secure ? "needs-tls" : undefined;
}

/** Why a deny route does not fit, or `undefined` if it does. One reading that fits is enough, and both sides are loosened. */
export function denialMissOf(candidate: CompiledRoute, subject: MatchSubject): Miss | undefined {
  const { paths } = candidate;
  if (candidate.ports?.has(subject.port) === false) return "port";
  if (candidate.methods?.has(subject.method) === false) return "method";
  if (paths === undefined) return undefined;
  const isDenied = subject.looseReadings().some((reading) => paths.some((pattern) => matchesPath(pattern, reading)));
  return isDenied ? undefined : "path";
}
