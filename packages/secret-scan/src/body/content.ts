import { asBuffer } from "../bytes.ts";
import { codingsOf, toPlain, type ContentMarks } from "../content.ts";
import { createFindings, partReport, type Finding } from "../finding.ts";
import { readJsonTexts } from "../fields/json-paths.ts";
import { boundaryOf, readParts, type Part } from "../fields/multipart.ts";
import type { Label } from "../labels.ts";
import { unscannable, type Look, type ScanLayers } from "../layers.ts";
import type { ScanLimits } from "../limits.ts";
import { createCarry } from "../known/matcher.ts";
import type { ScanMemory } from "../memory.ts";
import type { Sieve } from "../sieve.ts";
import { createFieldScan, isJson } from "./fields.ts";
import type { HeldEnd } from "./unfinished.ts";

/** What the scan of a whole content is done with. */
export interface Tools {
  readonly sieve: Sieve;
  readonly layers: ScanLayers;
  readonly limits: ScanLimits;
  readonly label: Label;
  readonly heldEnd: HeldEnd;
}

/** Looks at a whole content: without its codings, part by part, its fields joined. */
export function scanContent(tools: Tools, content: Uint8Array, marks: ContentMarks, look: Look, memory?: ScanMemory): void {
  const codings = codingsOf(marks);
  const plain = toPlain(asBuffer(content), codings, look.budget);
  if (typeof plain === "string") {
    unscannable(look, plain);
    // What is readable in it is read even so.
    tools.layers(content, look);
    return;
  }
  // Formats have room for what is not coded: names, comments, frames to skip.
  if (codings.length > 0) tools.sieve.sift(content, look);
  scanPlain(tools, plain.bytes, { contentType: marks.contentType ?? "", memory }, { ...look, via: [...look.via, ...plain.via] });
}

interface PlainMarks {
  readonly contentType: string;
  readonly memory?: ScanMemory | undefined;
  /** How many parts it is in, one within the other. */
  readonly depth?: number;
}

function scanPlain(tools: Tools, content: Buffer, { contentType, memory, depth = 0 }: PlainMarks, look: Look): void {
  const { whole, joined } = partReport(look.report);
  const isJsonText = isJson(contentType, content);
  const found: Finding[] = [];
  tools.layers(content, { ...look, report: (finding) => found.push(finding) });
  for (const finding of isJsonText && found.length > 0 ? placeInJson(tools, content, look, found) : found) whole(finding);
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined) return depth < tools.limits.depth ? scanParts(tools, content, { boundary, memory, depth }, look) : unscannable(look, "parts-too-deep");
  const fields = createFieldScan({ sieve: tools.sieve, contentType, start: content, memory });
  fields.push(content, { ...look, report: joined });
  fields.end({ ...look, report: joined });
}

// What is in one string is told by its path, what is in none by the content's place.
function placeInJson(tools: Tools, content: Buffer, look: Look, found: readonly Finding[]): readonly Finding[] {
  const { report, take } = createFindings();
  const nameOf = (name: string): string => tools.label("", name).trimStart();
  for (const { path, isName, text } of readJsonTexts(content.toString("utf8"), nameOf)) {
    const where = `${look.where === "body" ? "" : `${look.where} `}json ${isName ? "name " : ""}${path}`;
    tools.layers(Buffer.from(text, "utf8"), { ...look, where, report });
  }
  const placed = take();
  return [...placed, ...found.filter((one) => !placed.some(({ kind, rule }) => kind === one.kind && rule === one.rule))];
}

interface PartsMarks {
  readonly boundary: string;
  readonly memory: ScanMemory | undefined;
  readonly depth: number;
}

function scanParts(tools: Tools, content: Buffer, { boundary, memory, depth }: PartsMarks, look: Look): void {
  const parts = readParts(content, boundary, tools.limits.parts);
  if (parts === undefined) return unscannable(look, "multipart-damaged");
  if (parts.length > tools.limits.parts) unscannable(look, "too-many-parts");
  const values = memory?.of() ?? createCarry();
  const { whole, joined } = partReport(look.report);
  for (const [index, part] of parts.slice(0, tools.limits.parts).entries()) {
    const inPart = { ...look, report: whole, where: placeOf(tools.label, look.where, index + 1, part) };
    tools.layers(part.headers, inPart);
    scanPlain(tools, part.content, { contentType: part.contentType ?? "", depth: depth + 1 }, inPart);
    tools.sieve.siftKnown(part.content, { ...look, report: joined, where: look.where === "body" ? "parts" : `${look.where} parts` }, values);
  }
}

function placeOf(label: Label, where: string, number: number, { fileName }: Part): string {
  const place = fileName === undefined ? `part ${number}` : label(`part ${number}`, fileName);
  return where === "body" ? place : `${where} ${place}`;
}
