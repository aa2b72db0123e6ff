import { spellings } from "@bottle/secret-scan/known";
import { requestHeaders, type RawHeaders } from "../../exchange/headers.ts";
import type { RouteAuth } from "../../policy/model.ts";
import { credentialHeaders, shapingHeaders } from "../inject.ts";
import type { Outgoing } from "../outgoing.ts";
import type { Placeholder } from "./compile-placeholders.ts";
import { replaceBody } from "./prepare.ts";
import { bodyText } from "./replace-body.ts";
import { replaceInHeaders, replaceInPath, replaceInQuery, segmentText } from "./replace-head.ts";

const ownCredentials: ReadonlySet<string> = new Set([...credentialHeaders, ...shapingHeaders]);

/** Puts the value wherever the placeholder stands, in the parts of a request that the route names. */
export function usePlaceholder(request: { readonly headers: RawHeaders; readonly path: string; readonly query: string }, use: {
  readonly parts: RouteAuth["in"];
  readonly placeholder: Placeholder;
  readonly value: string;
}): Outgoing {
  const { parts = ["header", "url"], placeholder, value } = use;
  const headers = parts.includes("header")
    ? replaceInHeaders(request.headers, placeholder, value)
    : [...requestHeaders(request.headers, ownCredentials), "Accept-Encoding", "identity"];
  const isInUrl = parts.includes("url");
  const path = isInUrl ? replaceInPath(request.path, placeholder, value) : request.path;
  const query = isInUrl ? replaceInQuery(request.query, placeholder, value) : request.query;
  const prepare = parts.includes("body") ? replaceBody(headers, placeholder, value) : undefined;
  return { headers, query, secrets: secretsOf(placeholder, value), ...(path === request.path ? {} : { path }), ...(prepare === undefined ? {} : { prepare }) };
}

// Kept per placeholder, since its value rarely changes and each request needs the spellings.
const known = new WeakMap<Placeholder, { readonly value: string; readonly secrets: readonly string[] }>();

// Besides the usual spellings, those in which the value was sent.
function secretsOf(placeholder: Placeholder, value: string): readonly string[] {
  const last = known.get(placeholder);
  if (last?.value === value) return last.secrets;
  const sent = [segmentText(value), bodyText("text/xml", value) ?? value];
  const secrets = [...new Set([...spellings(value), ...(value.length < 6 ? [] : sent)])];
  known.set(placeholder, { value, secrets });
  return secrets;
}
