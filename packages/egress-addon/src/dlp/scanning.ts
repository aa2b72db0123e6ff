import { createScanner, type BodyScan, type Finding, type KnownSecret, type ScanMemory, type Scanner } from "@bottle/secret-scan";
import { credentialParts } from "../credentials/parts.ts";
import type { DlpAction, RouteAuth } from "../policy/model.ts";
import { createHostScan, type HostScan } from "./scan-host.ts";
import { credentialMark } from "./verdict.ts";

/** What the proxy looks for in everything that leaves. */
export interface Scanning {
  /** Adds a route's credential, which was never inside; the value it had under this name before stays one. */
  know(auth: Pick<RouteAuth, "scheme" | "tokenRef">, value: string): void;
  /** Looks through a request's head. With `off` for credentials and canaries alone: those never leave, whatever a route says. */
  head(head: { readonly host: string; readonly target: string; readonly headers: readonly string[] }, action: DlpAction): readonly Finding[];
  /** Looks through a body as it goes. */
  body(host: string, marks: { readonly contentType: string; readonly contentEncoding: string }): BodyScan;
  /** Looks through one message of a WebSocket. */
  message(host: string, content: Uint8Array): readonly Finding[];
}

/** What is looked for besides the values of routes. */
export interface ScanningOptions {
  readonly known: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
}

const mostHosts = 256;

/** A scan that knows what went to each host before, so that a value cut over several requests is found. Made on first use. */
export function createScanning({ known, canaries, packs }: ScanningOptions): Scanning {
  const credentials: KnownSecret[] = [];
  const latest = new Map<string, string>();
  const memories = new Map<string, ScanMemory>();
  let whole: Scanner | undefined;
  let exact: Scanner | undefined;
  let wholeHosts: HostScan | undefined;
  let exactHosts: HostScan | undefined;
  const wholeScanner = (): Scanner => whole ??= createScanner({ known: [...credentials, ...known], canaries, packs });
  const exactScanner = (): Scanner => exact ??= createScanner({ known: credentials, canaries, patterns: [] });
  const hostScan = (action: DlpAction): HostScan => action === "off"
    ? exactHosts ??= createHostScan({ known: credentials, canaries })
    : wholeHosts ??= createHostScan({ known: [...credentials, ...known], canaries });
  const memoryOf = (host: string): ScanMemory => {
    const memory = memories.get(host) ?? wholeScanner().memory();
    memories.delete(host);
    memories.set(host, memory);
    if (memories.size > mostHosts) memories.delete(memories.keys().next().value ?? "");
    return memory;
  };
  return {
    know(auth, value) {
      const key = `${auth.scheme} ${auth.tokenRef}`;
      if (latest.get(key) === value) return;
      latest.set(key, value);
      for (const part of credentialParts(auth, value)) credentials.push({ name: `${credentialMark}${auth.tokenRef}`, value: part });
      whole = undefined;
      exact = undefined;
      wholeHosts = undefined;
      exactHosts = undefined;
    },
    head(head, action) {
      const scanner = action === "off" ? exactScanner() : wholeScanner();
      return [...hostScan(action)(head.host), ...scanner.request(head, memoryOf(head.host))];
    },
    body: (host, marks) => wholeScanner().stream({ ...marks, memory: memoryOf(host) }),
    message: (host, content) => wholeScanner().bytes(content, { where: "message" }, memoryOf(host)),
  };
}
