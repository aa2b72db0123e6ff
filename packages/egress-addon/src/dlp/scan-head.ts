import type { Finding } from "@bottle/secret-scan";
import { credentialHeaders, isInjected, replacedHeaders, withoutParameter } from "../credentials/inject.ts";
import { dropNone, type RawHeaders, requestHeaders } from "../exchange/headers.ts";
import type { ReadRequest } from "../exchange/read-request.ts";
import { dlpOf } from "../policy/dlp.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { Scanning } from "./scanning.ts";

const signed: ReadonlySet<string> = new Set(credentialHeaders);

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
  return scanning.head({ host: read.host, target: leavingTarget(read.path, route), headers: leaving }, dlpOf(route).action);
}

// A placeholder is only replaced where it stands; what is around it leaves.
function replacedBy({ auth }: EgressRoute): ReadonlySet<string> {
  if (auth === undefined || auth.scheme === "placeholder") return dropNone;
  return isInjected(auth) ? replacedHeaders(auth) : signed;
}

function leavingTarget(target: string, { auth }: EgressRoute): string {
  const at = target.indexOf("?");
  if (at === -1 || auth?.scheme !== "query") return target;
  return target.slice(0, at) + withoutParameter(target.slice(at), auth.name ?? "");
}
