import type { Tools } from "./body/content.ts";
import { isBase64 } from "./bytes.ts";
import { readPairs, type Pair } from "./fields/pairs.ts";
import { createFindings, type Finding, type Report } from "./finding.ts";
import { createCarry } from "./known/matcher.ts";
import type { Look } from "./layers.ts";
import { createBudget, type Budget, type ScanLimits } from "./limits.ts";
import type { ScanMemory } from "./memory.ts";

/** What a request says before its body. */
export interface RequestHead {
  readonly host: string;
  /** As on the request line, absolute or not. */
  readonly target: string;
  /** Name, value, name, value …, as received. */
  readonly headers: readonly string[];
}

const mostRemembered = 2048;
const longestRemembered = 4096;
// No field of a query or form can be called so.
const headField = "\0head";
const valuesField = "\0values";
const namesField = "\0names";
/** Digits of base64, hex or base32 in a row from which on something may be encoded. */
const shortestRun = 16;
const hexPairs = /[0-9a-f]{2}[:, ]{1,2}(?:0x)?[0-9a-f]{2}[:, ]{1,2}(?:0x)?[0-9a-f]{2}/i;
const basicCredentials = /^\s*basic\s+([A-Za-z0-9+/_=-]+)/i;

/**
 * The texts of a request's head. Most come with every request: one that was clean is remembered, and only what is new is looked at,
 * each text by itself and all as one; with a memory, as one with what was new in the requests before.
 */
export function createRequestScan(tools: Tools): (head: RequestHead, memory?: ScanMemory) => readonly Finding[] {
  const clean = new Set<string>();
  // Of which every text is among these; as long as what they were read from is kept.
  let cleanHeaders = new WeakSet<readonly string[]>();
  return (head, memory) => {
    const places = freshPlaces(head, clean);
    const isKnown = cleanHeaders.has(head.headers);
    const parts = isKnown ? { places, values: none, names: none } : { places, ...freshHeaders(head.headers, clean) };
    // What could still change is looked at each time.
    if (!isKnown && parts.values === none && parts.names === none && Object.isFrozen(head.headers)) cleanHeaders.add(head.headers);
    const fresh = parts.values === none && parts.names === none ? parts.places : [...parts.places, ...parts.values, ...parts.names];
    const query = head.target.indexOf("?");
    // Without a memory a target that was clean is clean again.
    if (fresh.length === 0 && (query === -1 || memory === undefined)) return [];
    const found: Finding[] = [];
    const report: Report = (finding) => found.push(finding);
    const pairs = query === -1 ? [] : readPairs(head.target.slice(query + 1));
    scanFresh(tools, fresh, report, memory);
    if (memory !== undefined) scanGoingOn(tools, parts, report, memory);
    if (tools.sieve.hasPacks && fresh.length > 0) scanPlaces(tools, head, report);
    if (pairs.length > 0) scanPairs(tools, pairs, report, memory);
    if (found.length > 0) return place(tools, head, pairs, found);
    if (clean.size > mostRemembered) {
      clean.clear();
      cleanHeaders = new WeakSet();
    }
    for (const text of fresh) if (text.length <= longestRemembered) clean.add(text);
    return found;
  };
}

interface Parts {
  readonly places: readonly string[];
  readonly values: readonly string[];
  readonly names: readonly string[];
}

const none: readonly string[] = [];

function freshPlaces({ host, target }: RequestHead, clean: ReadonlySet<string>): readonly string[] {
  return clean.has(host) ? clean.has(target) ? none : [target] : clean.has(target) ? [host] : [host, target];
}

function freshHeaders(headers: readonly string[], clean: ReadonlySet<string>): Omit<Parts, "places"> {
  let values: string[] | undefined;
  let names: string[] | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1] ?? "";
    if (!clean.has(name)) (names ??= []).push(name);
    if (!clean.has(value)) (values ??= []).push(value);
  }
  return { values: values ?? none, names: names ?? none };
}

// Values in order, then names in order: a secret may be cut in pieces over either, and over the requests to one host.
function scanFresh(tools: Tools, fresh: readonly string[], report: Report, memory: ScanMemory | undefined): void {
  if (fresh.length === 0) return;
  const joined = toBytes(fresh);
  const look = lookAt(tools, "request", report, joined.length);
  tools.sieve.sift(joined, look, memory === undefined ? {} : { from: { context: 0, carry: memory.of(headField) } });
  for (const text of fresh) if (mayBeEncoded(text)) scanInside(tools, text, { ...look, isSifted: true, budget: budgetOf(tools.limits, text.length) });
}

// Over the requests to one host: of what is new the values alone, and the names alone.
function scanGoingOn(tools: Tools, { values, names }: Parts, report: Report, memory: ScanMemory): void {
  if (values.length === 0 && names.length === 0) return;
  const look = lookAt(tools, "request", report, 0);
  if (values.length > 0) tools.sieve.siftKnown(toBytes(values), look, memory.of(valuesField));
  if (names.length > 0) tools.sieve.siftKnown(toBytes(names), look, memory.of(namesField));
}

function toBytes(texts: readonly string[]): Buffer {
  return Buffer.from(texts.length === 1 ? texts[0] ?? "" : texts.join("\n"), "latin1");
}

function scanPlaces(tools: Tools, { host, target, headers }: RequestHead, report: Report): void {
  const { sieve } = tools;
  const look = lookAt(tools, "host", report, 0);
  const [path = "", query = ""] = target.split(/\?(.*)/s);
  sieve.siftPlace(host, "host", look);
  sieve.siftPlace(path, "path", { ...look, where: "path" });
  sieve.siftPlace(query, "query", { ...look, where: "query" });
  for (let at = 1; at < headers.length; at += 2) sieve.siftPlace(headers[at] ?? "", "header", { ...look, where: tools.label("header", headers[at - 1] ?? "") });
}

// A run of digits, an escape, a byte's digits parted from the next's, Basic credentials, or what is no plain ASCII.
function mayBeEncoded(text: string): boolean {
  let run = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7e || code < 0x20 || code === 0x25 || code === 0x26 || code === 0x5c) return true;
    run = isBase64[code] === 1 ? run + 1 : 0;
    if (run === shortestRun) return true;
  }
  return hexPairs.test(text) || basicCredentials.test(text);
}

function scanInside(tools: Tools, text: string, look: Look): void {
  tools.layers(Buffer.from(text, "latin1"), look);
  // Short ones are not seen as base64 by themselves (RFC 7617).
  const basic = basicCredentials.exec(text)?.[1];
  if (basic !== undefined) tools.layers(Buffer.from(basic, "base64"), { ...look, via: [...look.via, "base64"] });
}

function scanPairs(tools: Tools, pairs: readonly Pair[], report: Report, memory: ScanMemory | undefined): void {
  const { sieve } = tools;
  const look = lookAt(tools, "query values", report, 0);
  sieve.siftKnown(Buffer.concat(pairs.map(({ value }) => value)), look, memory?.of() ?? createCarry());
  if (pairs.length > 1) sieve.siftKnown(Buffer.from(pairs.map(({ name }) => name).join("")), { ...look, where: "query names" });
  if (memory === undefined) return;
  for (const { name, value } of pairs) {
    // Most have nothing that would have to be told with its name.
    const named: Report = (finding) => report({ ...finding, where: tools.label("query", name) });
    sieve.siftKnown(value, { ...look, report: named }, memory.of(name));
  }
}

function place(tools: Tools, head: RequestHead, pairs: readonly Pair[], found: readonly Finding[]): readonly Finding[] {
  const { report, take } = createFindings();
  const at = (where: string, text: string): void => scanInside(tools, text, lookAt(tools, where, report, text.length));
  at("host", head.host);
  at("path", head.target.replace(/\?.*$/s, ""));
  for (const { name, value } of pairs) {
    at("query name", name);
    at(tools.label("query", name), value.toString("latin1"));
  }
  for (let index = 0; index < head.headers.length; index += 2) {
    at("header name", head.headers[index] ?? "");
    at(tools.label("header", head.headers[index] ?? ""), head.headers[index + 1] ?? "");
  }
  const placed = take();
  // The rest is in no single place: split over several.
  for (const finding of found) if (!placed.some(({ kind, rule }) => kind === finding.kind && rule === finding.rule)) report(finding);
  return [...placed, ...take()];
}

function lookAt({ limits }: Tools, where: string, report: Report, bytes: number): Look {
  return { where, via: [], report, budget: budgetOf(limits, bytes) };
}

// Ids are as random as what is compressed without a mark, and there are many in each head: no try is made at those.
function budgetOf(limits: ScanLimits, bytes: number): Budget {
  return createBudget(limits, bytes, 0);
}
