import { isListOf, isObject, type Report, unknownKey } from "./check.ts";
import type { RouteAuth } from "./model.ts";

const keys: readonly (keyof RouteAuth)[] = ["scheme", "tokenRef", "name", "in", "region", "service"];
const schemes: readonly RouteAuth["scheme"][] = ["bearer", "basic", "token", "header", "query", "placeholder", "sigv4"];
const places: readonly string[] = ["header", "url", "body"];
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const scopePart = /^[a-z0-9-]{1,64}$/;
const reservedHeaders = /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect|proxy-.*|sec-websocket-.*)$/i;

/** Reports everything that is wrong with a route's `auth`. */
export function checkAuth(auth: RouteAuth, report: Report): void {
  if (!isObject(auth)) return report("auth must be an object");
  const unknown = unknownKey(auth, keys);
  if (unknown !== undefined) report(`auth has an unknown key ${unknown}`);
  if (!schemes.includes(auth.scheme)) report(`auth scheme must be one of ${schemes.join(", ")}`);
  if (typeof auth.tokenRef !== "string" || auth.tokenRef === "") report("auth needs a tokenRef");
  checkName(auth, report);
  checkPlaces(auth, report);
  checkScope(auth, report);
}

function checkName({ scheme, name }: RouteAuth, report: Report): void {
  const isNamed = scheme === "header" || scheme === "query";
  if (isNamed !== (name !== undefined)) report("auth needs a name exactly for header and query");
  if (name === undefined) return;
  if (!token.test(String(name))) report(`auth name ${JSON.stringify(name)} has forbidden characters`);
  if (scheme === "header" && reservedHeaders.test(name)) report(`auth cannot use the header ${name}`);
}

function checkPlaces({ scheme, in: within }: RouteAuth, report: Report): void {
  if (within === undefined) return;
  if (scheme !== "placeholder") report("auth takes in for placeholder only");
  if (!isListOf(within, (place) => places.includes(place)) || within.length === 0) report(`auth in must list some of ${places.join(", ")}`);
}

// A scope is `DATE/REGION/SERVICE/aws4_request` (AWS Signature Version 4), so no part has a slash.
function checkScope(auth: RouteAuth, report: Report): void {
  for (const key of ["region", "service"] as const) {
    const value = auth[key];
    if (value === undefined) continue;
    if (auth.scheme !== "sigv4") report(`auth takes ${key} for sigv4 only`);
    if (typeof value !== "string" || !scopePart.test(value)) report(`auth ${key} must be lower-case letters, digits and -`);
  }
}
