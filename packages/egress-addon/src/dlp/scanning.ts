import { createScanner, type BodyScan, type Finding, type KnownSecret, type ScanMemory, type Scanner } from "@bottle/secret-scan";
import type { DlpAction } from "../policy/model.ts";
import { createHostScan } from "./scan-host.ts";

/** What the proxy looks for in everything that leaves. */
export interface Scanning {
  /** Adds a value that must not leave; the one it had under this name before stays one. */
  know(secret: KnownSecret): void;
  /** Looks through a request's head. With `off` for known values alone: those never leave, whatever a route says. */
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
  const values = [...known];
  const latest = new Map(known.map(({ name, value }) => [name, value]));
  const memories = new Map<string, ScanMemory>();
  let whole: Scanner | undefined;
  let exact: Scanner | undefined;
  let hosts: ReturnType<typeof createHostScan> | undefined;
  const wholeScanner = (): Scanner => whole ??= createScanner({ known: values, canaries, packs });
  const exactScanner = (): Scanner => exact ??= createScanner({ known: values, canaries, patterns: [] });
  const inHost = (host: string): readonly Finding[] => (hosts ??= createHostScan({ known: values, canaries }))(host);
  const memoryOf = (host: string): ScanMemory => {
    const memory = memories.get(host) ?? wholeScanner().memory();
    memories.delete(host);
    memories.set(host, memory);
    if (memories.size > mostHosts) memories.delete(memories.keys().next().value ?? "");
    return memory;
  };
  return {
    know(secret) {
      if (latest.get(secret.name) === secret.value) return;
      latest.set(secret.name, secret.value);
      values.push(secret);
      whole = undefined;
      exact = undefined;
      hosts = undefined;
    },
    head(head, action) {
      const scanner = action === "off" ? exactScanner() : wholeScanner();
      return [...inHost(head.host), ...scanner.request(head, memoryOf(head.host))];
    },
    body: (host, marks) => wholeScanner().stream({ ...marks, memory: memoryOf(host) }),
    message: (host, content) => wholeScanner().bytes(content, { where: "message" }, memoryOf(host)),
  };
}
