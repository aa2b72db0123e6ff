import { createScanner, type KnownSecret, type Scanner } from "@bottle/secret-scan";
import { createHostScan, type HostScan } from "./scan-host.ts";

/** What is looked for. */
export interface Sought {
  /** What a route puts on the wire, which was never inside. */
  readonly credentials: readonly KnownSecret[];
  readonly known: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
}

/** A scan, and the same for host names. */
export interface Engine {
  readonly scanner: Scanner;
  readonly hosts: HostScan;
}

/** A scan for everything. Loading this file loads the forms of secrets, which takes longer than the proxy's start. */
export function wholeEngine({ credentials, known, canaries, packs }: Sought): Engine {
  const all = [...credentials, ...known];
  return { scanner: createScanner({ known: all, canaries, packs }), hosts: createHostScan({ known: all, canaries }) };
}

/** A scan for exact values alone, for bytes that are noise to everyone who was not told how to read them. */
export function valuesScanner({ credentials, known, canaries }: Sought): Scanner {
  return createScanner({ known: [...credentials, ...known], canaries, patterns: [] });
}

/** A scan for what never leaves, whatever a route says. */
export function credentialEngine({ credentials, canaries }: Sought): Engine {
  return { scanner: createScanner({ known: credentials, canaries, patterns: [] }), hosts: createHostScan({ known: credentials, canaries }) };
}
