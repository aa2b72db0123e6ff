import { createBodyScan, type BodyScan, type BodyScanOptions } from "./body/stream.ts";
import { scanContent, type Tools } from "./body/content.ts";
import { createHeldEnd } from "./body/unfinished.ts";
import type { ContentMarks } from "./content.ts";
import { createFindings, type Finding, type KnownSecret, type Report } from "./finding.ts";
import { createLabel } from "./labels.ts";
import { createLayers } from "./layers.ts";
import { createBudget, defaultLimits, type ScanLimits } from "./limits.ts";
import { createMemory, type ScanMemory } from "./memory.ts";
import { packs } from "./packs/index.ts";
import type { SecretPattern } from "./pattern.ts";
import { patterns as knownPatterns } from "./patterns/index.ts";
import { createRequestScan, type RequestHead } from "./request.ts";
import { createSieve } from "./sieve.ts";

export interface ScannerOptions {
  /** Values that must not leave. Those of fewer than 6 characters are not looked for. */
  readonly known: readonly KnownSecret[];
  /** Values nobody has a use for: that one is sent is an alarm. */
  readonly canaries?: readonly KnownSecret[];
  /** The shapes to look for, those of `patterns` unless told. */
  readonly patterns?: readonly SecretPattern[];
  /** Rules that also meet what is no secret: none unless told. */
  readonly packs?: readonly (keyof typeof packs)[];
  readonly limits?: Partial<ScanLimits>;
}

/** Finds secrets in what is about to leave. Every function is total: whatever the bytes, it returns, and what it can't read it says. */
export interface Scanner {
  /** A request's head: host, target and headers, through their encodings, and cut in pieces over several. */
  request(head: RequestHead, memory?: ScanMemory): readonly Finding[];
  /** One text, without fields. */
  text(text: string, where: string): readonly Finding[];
  /** A whole content. */
  bytes(content: Uint8Array, options?: ContentMarks & { readonly where?: string }, memory?: ScanMemory): readonly Finding[];
  /** A content that comes in pieces. */
  stream(options?: BodyScanOptions): BodyScan;
  /** For what goes to one host: finds a known value cut in pieces over consecutive requests or messages. */
  memory(): ScanMemory;
}

export function createScanner(options: ScannerOptions): Scanner {
  const { known, canaries = [], patterns = knownPatterns, packs: chosen = [] } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const sieve = createSieve({ known, canaries, patterns, packs: chosen.map((id) => packs[id]) });
  const isClean = (text: string): boolean => {
    let count = 0;
    layers(Buffer.from(text, "utf8"), { where: "", via: [], budget: createBudget(limits, 0), report: () => { count += 1; } });
    return count === 0;
  };
  const label = createLabel(isClean);
  const layers = createLayers(sieve, limits, label);
  const tools: Tools = { sieve, layers, limits, label, heldEnd: createHeldEnd(sieve) };
  const collect = (scan: (report: Report) => void): readonly Finding[] => {
    const { report, take } = createFindings();
    scan(report);
    return take();
  };
  return {
    request: createRequestScan(tools),
    text: (text, where) => collect((report) => layers(Buffer.from(text, "utf8"), { where, via: [], report, budget: createBudget(limits, text.length) })),
    bytes: (content, options = {}, memory) => collect((report) => {
      scanContent(tools, content, options, { where: options.where ?? "body", via: [], report, budget: createBudget(limits, content.length) }, memory);
    }),
    stream: (options = {}) => createBodyScan(tools, options),
    memory: createMemory,
  };
}
