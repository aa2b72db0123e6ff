import { bip39Pack } from "./bip39.ts";
import { entropyPack } from "./entropy.ts";
import type { Pack } from "./pack.ts";
import { piiPack } from "./pii.ts";

export type { Pack, Place } from "./pack.ts";

/** The packs that can be asked for, by id. */
export const packs: Readonly<Record<"entropy" | "pii" | "bip39", Pack>> = { entropy: entropyPack, pii: piiPack, bip39: bip39Pack };
