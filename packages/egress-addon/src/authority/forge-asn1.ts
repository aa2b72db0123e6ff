import { createRequire } from "node:module";
import type forge from "node-forge";

type Asn1 = typeof forge.asn1;

let loaded: Asn1 | undefined;

/** node-forge's ASN.1 part alone, on first use: all of node-forge takes ten times as long to load as a proxy to start. */
export function asn1(): Asn1 {
  return loaded ??= createRequire(import.meta.url)("node-forge/lib/asn1") as Asn1;
}
