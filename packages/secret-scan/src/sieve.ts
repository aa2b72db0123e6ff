import { asBuffer } from "./bytes.ts";
import type { Run } from "./decode/runs.ts";
import type { Finding, KnownSecret } from "./finding.ts";
import { createMatcher, type Carry } from "./known/matcher.ts";
import { toNeedles } from "./known/needles.ts";
import type { Continuation, Look } from "./layers.ts";
import type { Pack, Place } from "./packs/index.ts";
import type { SecretPattern } from "./pattern.ts";
import { createShapeFinder } from "./shape/shapes.ts";

/** Finds in bytes as they are: known values in any spelling that needs no decoding, and what has a secret's shape. */
export interface Sieve {
  /**
   * Everything; of the continuation's context, known values were sifted before, and its carry goes on from them. `digits`: the bytes'
   * `base64Runs`, if they are known.
   */
  sift(bytes: Uint8Array, look: Look, known?: { readonly from?: Continuation | undefined; readonly digits?: readonly Run[] }): void;
  /** Known values alone, for texts that are joined from several. */
  siftKnown(bytes: Uint8Array, look: Look, carry?: Carry): void;
  readonly hasPacks: boolean;
  /** The packs alone, for a text of which the place in a request is known. */
  siftPlace(text: string, place: Place, look: Look): void;
  /** How many bytes without noise a known value's longest spelling has. */
  readonly longest: number;
  /** How many bytes at the end may still become a known value, as they are. */
  beginning(bytes: Uint8Array): number;
}

export interface SieveOptions {
  readonly known: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
  readonly patterns: readonly SecretPattern[];
  readonly packs: readonly Pack[];
}

export function createSieve({ known, canaries, patterns, packs }: SieveOptions): Sieve {
  const secrets = [...known.map(({ name, value }) => ({ name, value, kind: "known" as const })), ...canaries.map(({ name, value }) => ({ name, value, kind: "canary" as const }))];
  const forms = secrets.map(({ value }, index) => toNeedles(index, value));
  const matcher = createMatcher(forms.flatMap(({ needles }) => needles), forms.flatMap(({ exact }) => exact));
  const shapes = createShapeFinder(patterns);
  const tell = (look: Look, secret: number, via: readonly string[]): void => {
    const { name, kind } = secrets[secret] ?? {};
    if (name !== undefined && kind !== undefined) look.report({ rule: name, kind, where: look.where, via: [...look.via, ...via], severity: "critical" });
  };
  const siftKnown = (bytes: Uint8Array, context: number, look: Look, carry?: Carry): void => {
    matcher.find(bytes, context, bytes.length, (needle) => tell(look, needle.secret, needle.via), carry);
    matcher.findExact(asBuffer(bytes), (needle) => tell(look, needle.secret, []));
  };
  const siftPlace = (text: string, place: Place, { where, via, report }: Look): void => {
    for (const rule of packs.flatMap((pack) => pack.find(text, place))) report({ rule, kind: "pack", where, via, severity: "medium" });
  };
  return {
    longest: matcher.longest,
    beginning: (bytes) => matcher.beginning(bytes),
    hasPacks: packs.length > 0,
    siftPlace,
    sift(bytes, look, { from, digits } = {}) {
      siftKnown(bytes, from?.context ?? 0, look, from?.carry);
      const tried = shapes.find(bytes, (pattern) => look.report(ofPattern(pattern, look)), digits);
      look.budget.work(tried);
      if (packs.length > 0) siftPlace(asBuffer(bytes).toString("utf8"), "body", look);
    },
    siftKnown: (bytes, look, carry) => siftKnown(bytes, 0, look, carry),
  };
}

function ofPattern({ id, severity }: SecretPattern, { where, via }: Look): Finding {
  return { rule: id, kind: "pattern", where, via, severity };
}
