import type { Finding } from "@bottle/secret-scan";
import { credentialHeaders } from "../credentials/inject.ts";
import { aliasName, type RawHeaders, requestHeaders } from "../exchange/headers.ts";
import type { ReadRequest } from "../exchange/read-request.ts";
import { dlpOf } from "../policy/dlp.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { Scanning } from "./scanning.ts";

const none: ReadonlySet<string> = new Set();
const replaced: ReadonlySet<string> = new Set(credentialHeaders);

/**
 * Looks through what of a request's head would leave, before the route's credential is in it. What the program sent in the
 * credential's place does not leave.
 */
export function scanHead(scanning: Scanning, { read, route, headers }: {
  readonly read: ReadRequest;
  readonly route: EgressRoute;
  readonly headers: RawHeaders;
}): readonly Finding[] {
  const leaving = requestHeaders(headers, replacedBy(route));
  return scanning.head({ host: read.host, target: read.path, headers: leaving }, dlpOf(route).action);
}

function replacedBy({ auth }: EgressRoute): ReadonlySet<string> {
  if (auth === undefined) return none;
  return auth.name === undefined ? replaced : new Set([...replaced, aliasName(auth.name)]);
}
