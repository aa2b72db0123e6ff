import type { RawHeaders } from "../exchange/headers.ts";
import type { RouteAuth } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import { inject, isInjected, isSendable, passOn } from "./inject.ts";
import type { Outgoing } from "./outgoing.ts";
import { findInHead } from "./placeholder/find-placeholders.ts";
import { guardBody } from "./placeholder/prepare.ts";
import type { Placeholders } from "./placeholder/compile-placeholders.ts";
import { usePlaceholder } from "./placeholder/use-placeholder.ts";
import { readAwsKeys } from "./sigv4/keys.ts";
import { resign } from "./sigv4/resign.ts";

/** A request that a route allows. */
export interface ToEquip {
  readonly method: string;
  /** Host, and the port unless it is the scheme's own. */
  readonly authority: string;
  /** Without the query. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  /** As they came. */
  readonly headers: RawHeaders;
  /** Whether a body may come. */
  readonly hasBody: boolean;
}

/** A route's credential; `value` is there unless `auth` is not. */
export interface Equipment {
  readonly auth: RouteAuth | undefined;
  readonly value: string;
  readonly placeholders: Placeholders;
  /** When it is signed, if it is: now unless told. */
  readonly now?: Date;
}

/** A request as it will go out: the agent's credentials out, the route's in, and no placeholder left anywhere. */
export function equip(request: ToEquip, equipment: Equipment): Outgoing | RefusalReason {
  const { auth, placeholders } = equipment;
  const outgoing = put(request, equipment);
  if (typeof outgoing === "string" || placeholders.size === 0) return outgoing;
  const { headers, query, path = request.path } = outgoing;
  if (findInHead(placeholders, { host: request.authority, path: path + query, headers }).size > 0) return "placeholder-misused";
  return request.hasBody ? guardBody(outgoing, placeholders, auth?.scheme === "placeholder") : outgoing;
}

function put(request: ToEquip, { auth, value, placeholders, now }: Equipment): Outgoing | RefusalReason {
  if (auth === undefined) return passOn(request.headers, request.query);
  if (auth.scheme === "sigv4") {
    const keys = readAwsKeys(value);
    const { region, service } = auth;
    if (keys === undefined) return "credential-invalid";
    return resign({ ...request, host: request.authority },
      { keys, now: now ?? new Date(), ...(region === undefined ? {} : { region }), ...(service === undefined ? {} : { service }) });
  }
  if (!isSendable(value)) return "credential-invalid";
  if (isInjected(auth)) return inject(request.headers, request.query, { auth, value });
  const placeholder = placeholders.get(auth.tokenRef);
  return placeholder === undefined ? "credential-unavailable" : usePlaceholder(request, { parts: auth.in, placeholder, value });
}
