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

/** An answer's headers: those that pass on, and what of them decides whether and how the answer does. */
export interface AnswerHeaders {
  /** No hop-by-hop and no `Connection`-nominated header, and none by which the proxy marks its own answers. */
  readonly passed: string[];
  readonly contentTypes: readonly string[];
  /** Whether the content is compressed, so that a credential in it could not be found. */
  readonly isEncoded: boolean;
  /** Whether it has another transfer coding than chunked, which would reach the client as if it were the content. */
  readonly isRecoded: boolean;
}

/** Reads an answer's headers in one pass. */
export function answerHeaders(headers: RawHeaders): AnswerHeaders {
  const passed: string[] = [];
  let types: string[] | undefined;
  let isEncoded = false;
  let isRecoded = false;
  let isNominating = false;
  for (let index = 0; index < headers.length; index += 2) {
    const { alias, comesBack } = fieldAt(headers, index);
    const value = headers[index + 1] ?? "";
    if (comesBack) passed.push(headers[index] ?? "", value);
    if (alias === "content-type") (types ??= []).push(value);
    else if (alias === "content-encoding") isEncoded ||= !/^\s*(?:identity)?\s*$/i.test(value);
    else if (alias === "transfer-encoding") isRecoded ||= value.trim().toLowerCase() !== "chunked";
    else if (alias === "connection") isNominating ||= !namesNothing(value);
  }
  return { passed: isNominating ? responseHeaders(headers) : passed, contentTypes: types ?? noValues, isEncoded, isRecoded };
}

/** What an answer's headers or trailers pass on. */
export function responseHeaders(headers: RawHeaders): string[] {
  const nominated = nominatedBy(headers);
  return keep(headers, ({ name, comesBack }) => comesBack && !nominated.has(name));
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
  if (values.every(namesNothing)) return dropNone;
  return new Set(values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()));
}

// Hop-by-hop headers go in any case.
function namesNothing(connection: string): boolean {
  return /^(?:keep-alive|close)?$/i.test(connection);
}
