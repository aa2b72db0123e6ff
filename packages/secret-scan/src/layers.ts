import { isUtf8 } from "node:buffer";
import { hasMark, isArchive, isCompressed } from "./archive/marks.ts";
import { open, type Content, type Opened } from "./archive/open.ts";
import { openUnmarked } from "./archive/open-unmarked.ts";
import { outside } from "./archive/outside.ts";
import { decodeBase32 } from "./decode/base32.ts";
import { decodeBase64 } from "./decode/base64.ts";
import { decodeHex } from "./decode/hex.ts";
import { isTelling, type Keep } from "./decode/keep.ts";
import { respell } from "./decode/respell.ts";
import type { Run } from "./decode/runs.ts";
import type { Report } from "./finding.ts";
import type { Carry } from "./known/matcher.ts";
import type { Label } from "./labels.ts";
import type { Budget, ScanLimits } from "./limits.ts";
import { loops } from "./loops/index.ts";
import type { Sieve } from "./sieve.ts";

/** What goes with some bytes through all their layers. */
export interface Look {
  readonly where: string;
  /** The decodings that led here. */
  readonly via: readonly string[];
  readonly budget: Budget;
  readonly report: Report;
  /** The bytes were sifted as they are, within others: only what is encoded in them is looked at. */
  readonly isSifted?: boolean;
  /** The bytes and what follows them, if what begins in them may go on there: a zip's stored entry, whose size may be a lie. */
  readonly beyond?: Uint8Array;
}

/** Where known values are looked for from: `context` bytes were seen before, and the carry goes on from them. */
export interface Continuation {
  readonly context: number;
  readonly carry: Carry;
}

/** Looks at bytes and at all that is encoded or compressed in them. */
export type ScanLayers = (bytes: Uint8Array, look: Look, from?: Continuation) => void;

type Decode = (bytes: Uint8Array, keep: Keep, digits: readonly Run[]) => readonly Buffer[];

const encodings: readonly (readonly [kind: string, decode: Decode, digits: "digits" | "hex"])[] = [["base64", decodeBase64, "digits"], ["hex", decodeHex, "hex"], ["base32", decodeBase32, "digits"]];
const shortestUnmarked = 32;
/** No pattern with blanks in it takes more but a few, which need no escape to be undone. */
const leastAround = 512;
/** Fewer bytes are no secret, and come of an archive's first bytes alone. */
const shortestInside = 4;
const separator = Buffer.from("\n");

export function createLayers(sieve: Sieve, limits: ScanLimits, label: Label): ScanLayers {
  const around = Math.max(leastAround, sieve.longest);
  const descend = (bytes: Uint8Array, look: Look, depth: number, from?: Continuation): void => {
    if (bytes.length === 0) return;
    if (!look.budget.work(bytes.length)) return unscannable(look, "work-limit");
    const surveyed = loops.survey(bytes);
    if (depth > 0 || look.isSifted !== true) sieve.sift(bytes, look, { from, digits: surveyed.digits });
    if (depth >= limits.depth) {
      if (isOpened(bytes, open(bytes, look.budget, look.beyond))) unscannable(look, "archive-too-deep");
      return;
    }
    const into = (kind: string, content: Uint8Array, where = look.where, beyond = content): void => descend(content, { ...look, where, via: [...look.via, kind], beyond }, depth + 1);
    const { contents, problems, taken } = open(bytes, look.budget, look.beyond);
    for (const problem of problems) unscannable(look, problem);
    // Before anything within takes the tries there are.
    // Of runs that were decoded together the long ones had theirs, and no short one.
    const opened = taken.length > 0 || (depth > 0 && bytes.length < shortestUnmarked) ? contents : [...contents, ...openWhole(bytes, look, true)];
    // And before what escapes make of the bytes takes what may be inflated.
    for (const content of opened) into(content.kind, content.bytes, placeOf(content, look, label), content.beyond);
    // Undoing escapes within compressed bytes damages them.
    for (const { via, text } of respell(outside(bytes, taken), around, surveyed.strange)) descend(text, { ...look, via: [...look.via, ...via], beyond: text }, depth + 1);
    for (const [kind, decode, digits] of encodings) {
      if (surveyed[digits].length === 0) continue;
      const archives: Buffer[] = [];
      const texts = decode(bytes, (run) => {
        if (isCompressed(run)) archives.push(Buffer.from(run));
        else if (run.length >= shortestUnmarked) archives.push(...openWhole(run, look, run.length * 4 > bytes.length).map(() => Buffer.from(run)));
        return isTelling(run) || hasMark(run);
      }, surveyed[digits]);
      // No text begins what they are together.
      if (texts.length > 0) into(kind, Buffer.concat(texts.flatMap((text) => [separator, text])));
      for (const archive of archives) into(kind, archive);
    }
  };
  return (bytes, look, from) => descend(bytes, look, 0, from);
}

/** Says that something could not be looked at, and why. */
export function unscannable({ where, via, report }: Look, rule: string): void {
  report({ rule, kind: "unscannable", where, via, severity: "high" });
}

// What a mark alone gives within other bytes is none.
function isOpened(bytes: Uint8Array, { contents, problems, taken }: Opened): boolean {
  return problems.length > 0 || ((taken.length > 0 || isArchive(bytes)) && contents.some((content) => content.bytes.length >= shortestInside));
}

// Text is not compressed.
function openWhole(bytes: Uint8Array, look: Look, withBrotli: boolean): readonly Content[] {
  if (isUtf8(bytes) || !look.budget.tryUnmarked()) return [];
  const content = openUnmarked(bytes, look.budget, withBrotli);
  if (content === "archive-too-large") unscannable(look, content);
  return typeof content === "object" ? [content] : [];
}

function placeOf({ kind, name }: Content, { where }: Look, label: Label): string {
  return name === undefined ? where : `${where} ${label(kind, name)}`;
}
