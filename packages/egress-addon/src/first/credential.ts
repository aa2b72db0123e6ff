import type { EgressAuth } from "./model.ts";

/** Header names and values, flat and in order, as they were on the wire: name, value, name, value. */
export type RawHeaders = readonly string[];

/** A request with its credential on it. */
export interface Credentialed {
  readonly headers: RawHeaders;
  readonly target: string;
}

/**
 * Takes away what the agent sent where the credential goes, in every copy and spelling, and puts the real one there.
 * @param value the credential's value
 */
export function applyCredential(auth: EgressAuth, value: string, request: Credentialed): Credentialed {
  if (auth.scheme === "query") return { headers: request.headers, target: replaceParameter(request.target, auth.name ?? "", value) };
  const name = auth.scheme === "header" ? auth.name ?? "" : "authorization";
  const text = { bearer: `Bearer ${value}`, token: `token ${value}`, header: value, basic: `Basic ${Buffer.from(value.includes(":") ? value : `${value}:`).toString("base64")}` }[auth.scheme];
  return { headers: [...withoutHeader(request.headers, name), name, text], target: request.target };
}

/** Everything of a credential that must not come back from the upstream, longest first. */
export function reflections(auth: EgressAuth, value: string): readonly string[] {
  const encoded = auth.scheme === "basic" ? [Buffer.from(value.includes(":") ? value : `${value}:`).toString("base64")] : [];
  const query = encodeURIComponent(value) === value ? [] : [encodeURIComponent(value)];
  return [value, ...encoded, ...query].filter((text) => text.length >= 4).sort((a, b) => b.length - a.length);
}

/** Headers without any copy of one; `x_token` counts as `x-token`, since servers behind CGI read them alike. */
export function withoutHeader(headers: RawHeaders, name: string): RawHeaders {
  const wanted = fold(name);
  return pairs(headers).filter(([key]) => fold(key) !== wanted).flat();
}

/** The flat list as pairs. */
export function pairs(headers: RawHeaders): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) found.push([headers[index] ?? "", headers[index + 1] ?? ""]);
  return found;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function replaceParameter(target: string, name: string, value: string): string {
  const at = target.indexOf("?");
  const path = at === -1 ? target : target.slice(0, at);
  const kept = at === -1 ? [] : target.slice(at + 1).split("&").filter((part) => part !== "" && decodeName(part) !== name);
  return `${path}?${[...kept, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join("&")}`;
}

function decodeName(part: string): string {
  const name = (part.split("=")[0] ?? "").replaceAll("+", " ");
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
