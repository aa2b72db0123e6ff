import type { Tools } from "./body/content.ts";
import { readPairs, type Pair } from "./fields/pairs.ts";
import { createFindings, type Finding, type Report } from "./finding.ts";
import { createCarry } from "./known/matcher.ts";
import type { Look } from "./layers.ts";
import { createBudget } from "./limits.ts";
import type { ScanMemory } from "./memory.ts";

/** What a request says before its body. */
export interface RequestHead {
  readonly host: string;
  /** As on the request line, absolute or not. */
  readonly target: string;
  /** Name, value, name, value …, as received. */
  readonly headers: readonly string[];
}

/** What may be encoded: a run of digits of base64, hex or base32, an escape, Basic credentials, or what is not plain ASCII. */
const mayBeEncoded = /[A-Za-z0-9+/_-]{16}|[%\\&]|[^\x20-\x7e]|[0-9a-fA-F]{2}[:, -][0-9a-fA-F]{2}[:, -][0-9a-fA-F]{2}|0x|^\s*basic\s/i;
const mostRemembered = 1024;
const longestRemembered = 4096;
const scratchBytes = 64 << 10;

/** The texts of a request's head, first as one, so that most requests are done with; what is found is then placed. */
export function createRequestScan(tools: Tools): (head: RequestHead, memory?: ScanMemory) => readonly Finding[] {
  const scratch = Buffer.allocUnsafe(scratchBytes);
  const scanText = createTextScan(tools);
  return (head, memory) => {
    const found: Finding[] = [];
    const report: Report = (finding) => found.push(finding);
    const pairs = queryOf(head.target);
    tools.sieve.sift(join(head, scratch), lookAt(tools, "request", report, 0));
    scanText(head.host, "host", report);
    scanText(head.target, "target", report);
    for (const text of head.headers) scanText(text, "headers", report);
    if (pairs.length > 0) scanPairs(tools, pairs, report, memory);
    return found.length === 0 ? found : place(tools, head, pairs, found);
  };
}

// Each text once in a while: most headers come with every request.
function createTextScan(tools: Tools): (text: string, where: string, report: Report) => void {
  const clean = new Set<string>();
  return (text, where, report) => {
    if (clean.has(text) || !mayBeEncoded.test(text)) return;
    let isClean = true;
    scanInside(tools, text, lookAt(tools, where, (finding) => {
      isClean = false;
      report(finding);
    }, text.length));
    if (!isClean || text.length > longestRemembered) return;
    if (clean.size >= mostRemembered) clean.clear();
    clean.add(text);
  };
}

function scanInside(tools: Tools, text: string, look: Look): void {
  tools.layers(Buffer.from(text, "latin1"), look);
  // Short ones are not seen as base64 by themselves (RFC 7617).
  const basic = /^\s*basic\s+([A-Za-z0-9+/_=-]+)/i.exec(text)?.[1];
  if (basic !== undefined) tools.layers(Buffer.from(basic, "base64"), { ...look, via: [...look.via, "base64"] });
}

function scanPairs({ sieve, ...tools }: Tools, pairs: readonly Pair[], report: Report, memory: ScanMemory | undefined): void {
  const look = lookAt({ sieve, ...tools }, "query values", report, 0);
  sieve.siftKnown(Buffer.concat(pairs.map(({ value }) => value)), look, memory?.of() ?? createCarry());
  if (pairs.length > 1) sieve.siftKnown(Buffer.from(pairs.map(({ name }) => name).join("")), { ...look, where: "query names" });
  if (memory !== undefined) for (const { name, value } of pairs) sieve.siftKnown(value, { ...look, where: tools.label("query", name) }, memory.of(name));
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
  return { where, via: [], report, budget: createBudget(limits, bytes) };
}

function queryOf(target: string): readonly Pair[] {
  const start = target.indexOf("?");
  return start === -1 ? [] : readPairs(target.slice(start + 1));
}

// Values in order and names in order: a secret may be cut in pieces over either. Non-ASCII is looked at in what is decoded.
function join({ host, target, headers }: RequestHead, scratch: Buffer): Buffer {
  const texts = [host, target];
  for (let at = 1; at < headers.length; at += 2) texts.push(headers[at] ?? "");
  for (let at = 0; at < headers.length; at += 2) texts.push(headers[at] ?? "");
  const text = texts.join("\n");
  if (text.length > scratch.length) return Buffer.from(text, "latin1");
  return scratch.subarray(0, scratch.write(text, 0, "latin1"));
}
