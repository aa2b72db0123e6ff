import type { ContentMarks, Finding, KnownSecret } from "@bottle/secret-scan";

/** What one content is looked through for. */
export interface ScanOptions extends ContentMarks {
  readonly known?: readonly KnownSecret[];
  readonly packs?: readonly ("entropy" | "pii" | "bip39")[];
}

/** Looks through one content as the proxy does with a request's body: for known values, and for the forms of secrets. The forms are loaded with the first call. */
export async function scan(content: Uint8Array | string, { known = [], packs = [], ...marks }: ScanOptions = {}): Promise<readonly Finding[]> {
  const { createScanner } = await import("@bottle/secret-scan");
  return createScanner({ known, packs }).bytes(Buffer.from(content), marks);
}
