import type forge from "node-forge";
import part from "node-forge/lib/asn1.js";

/** node-forge's ASN.1 part alone: all of node-forge takes ten times as long to load as a proxy to start. */
export const asn1: typeof forge.asn1 = part;
