import { asLasting, perHead } from "../per-head.ts";
import { type Field, fieldAt, fieldOf } from "./field.ts";

/** Headers as they came: name, value, name, value. Case, order and duplicates are kept. */
export type RawHeaders = readonly string[];

/** All values of a header, given in lower case. CGI-like servers read `_` as `-`, so both are found. */
export function valuesOf(headers: RawHeaders, name: string): readonly string[] {
  let values: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (fieldAt(headers, index).alias === name) (values ??= []).push(headers[index + 1] ?? "");
  }
  return values ?? noValues;
}

/** A header's name as the loosest server reads it. */
export function aliasName(name: string): string {
  return fieldOf(name).alias;
}

/** What a request's headers say that counts on every route. */
export interface RequestFacts {
  readonly hosts: readonly string[];
  readonly transferCodings: readonly string[];
  readonly contentTypes: readonly string[];
  /** The values of all headers by which it may ask to be taken for another method. */
  readonly methodOverrides: readonly string[];
}

/** Finds these in one pass. */
export function requestFacts(headers: RawHeaders): RequestFacts {
  return factsOf(headers, undefined);
}

const factsOf = perHead<undefined, RequestFacts>((headers) => {
  let hosts: string[] | undefined;
  let codings: string[] | undefined;
  let types: string[] | undefined;
  let overrides: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const { alias, isOverride } = fieldAt(headers, index);
    const value = headers[index + 1] ?? "";
    if (alias === "host") (hosts ??= []).push(value);
    else if (alias === "transfer-encoding") (codings ??= []).push(value);
    else if (alias === "content-type") (types ??= []).push(value);
    else if (isOverride) (overrides ??= []).push(value);
  }
  return { hosts: hosts ?? noValues, transferCodings: codings ?? noValues, contentTypes: types ?? noValues, methodOverrides: overrides ?? noValues };
});

/** No header is dropped but those that never pass. */
export const dropNone: ReadonlySet<string> = new Set();

/** What a request passes on: no hop-by-hop, `Connection`-nominated, rerouting or `Host` header, none of the names in `drop`. */
export const requestHeaders: (headers: RawHeaders, drop: ReadonlySet<string>) => RawHeaders = perHead((headers, drop) => {
  const nominated = nominatedBy(headers);
  return asLasting(keep(headers, ({ name, alias, goesOut }) => goesOut && !drop.has(alias) && !nominated.has(name)), headers);
});

/** What an answer passes on: no hop-by-hop and no `Connection`-nominated header, and none by which the proxy marks its own answers. */
export function responseHeaders(headers: RawHeaders): string[] {
  const nominated = nominatedBy(headers);
  return keep(headers, ({ name, comesBack }) => comesBack && !nominated.has(name));
}

/** Whether an answer's content is compressed, so that a credential in it could not be found. */
export function isEncoded(headers: RawHeaders): boolean {
  const codings = valuesOf(headers, "content-encoding");
  return codings.length > 0 && codings.some((coding) => !/^\s*(?:identity)?\s*$/i.test(coding));
}

/** Whether an answer has another transfer coding than chunked, which would reach the client as if it were the content. */
export function isRecoded(headers: RawHeaders): boolean {
  return valuesOf(headers, "transfer-encoding").some((coding) => coding.trim().toLowerCase() !== "chunked");
}

const noValues: readonly string[] = [];

function keep(headers: RawHeaders, isKept: (field: Field) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (isKept(fieldAt(headers, index))) kept.push(headers[index] ?? "", headers[index + 1] ?? "");
  }
  return kept;
}

function nominatedBy(headers: RawHeaders): ReadonlySet<string> {
  const values = valuesOf(headers, "connection");
  // Hop-by-hop headers go in any case.
  if (values.every((value) => /^(?:keep-alive|close)?$/i.test(value))) return dropNone;
  return new Set(values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()));
}
