import { redactText } from "@bottle/secret-scan/known";
import { credentialHeaders } from "../credentials/inject.ts";
import { aliasName, type RawHeaders, requestHeaders, responseHeaders, valuesOf } from "./headers.ts";

// RFC 9110 6.5.1: what frames, routes, authenticates, or changes how the rest is read may come in a head alone.
const headOnly = new Set([
  "transfer-encoding", "content-length", "content-encoding", "content-type", "content-range", "content-location", "trailer", "host", "expect",
  "max-forwards", "pragma", "cache-control", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range",
  "www-authenticate", "authentication-info", "set-cookie", "set-cookie2", "cookie", "age", "date", "expires", "location", "retry-after", "vary", "warning",
  "x-http-method-override", "x-http-method", "x-method-override",
]);
const credentials = new Set(credentialHeaders);

/** The trailers of a request that pass: none that a head alone may have, and none that carries a credential. */
export function requestTrailers(trailers: RawHeaders): string[] {
  return fit(requestHeaders(trailers, credentials));
}

/** The names of the trailers that a request announces (RFC 9110 6.6.2), as far as they pass. */
export function announcedTrailers(headers: RawHeaders): string[] {
  const names = valuesOf(headers, "trailer").flatMap((value) => value.split(",")).map((name) => name.trim());
  return requestTrailers(names.flatMap((name) => [name, ""])).filter((_, index) => index % 2 === 0);
}

/** The trailers of an answer that pass, with the route's credential hidden. */
export function responseTrailers(trailers: RawHeaders, secrets: readonly string[]): string[] {
  const kept = fit(responseHeaders(trailers));
  return secrets.length === 0 ? kept : kept.map((text) => redactText(secrets, text));
}

function fit(trailers: RawHeaders): string[] {
  return trailers.filter((_, index) => {
    const name = trailers[index - index % 2] ?? "";
    const value = trailers[index - index % 2 + 1] ?? "";
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !/[\0\r\n]/.test(value) && !headOnly.has(aliasName(name));
  });
}

/** Name and value together. */
export function pairs(headers: RawHeaders): [string, string][] {
  return headers.flatMap((name, index): [string, string][] => index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : []);
}
