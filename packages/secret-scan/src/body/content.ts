import { asBuffer } from "../bytes.ts";
import { codingsOf, toPlain, type ContentMarks } from "../content.ts";
import { boundaryOf, readParts, type Part } from "../fields/multipart.ts";
import type { Label } from "../labels.ts";
import { unscannable, type Look, type ScanLayers } from "../layers.ts";
import type { ScanLimits } from "../limits.ts";
import { createCarry } from "../known/matcher.ts";
import type { ScanMemory } from "../memory.ts";
import type { Sieve } from "../sieve.ts";
import { createFieldScan } from "./fields.ts";

/** What the scan of a whole content is done with. */
export interface Tools {
  readonly sieve: Sieve;
  readonly layers: ScanLayers;
  readonly limits: ScanLimits;
  readonly label: Label;
}

/** Looks at a whole content: without its codings, part by part, its fields joined. */
export function scanContent(tools: Tools, content: Uint8Array, marks: ContentMarks, look: Look, memory?: ScanMemory): void {
  const plain = toPlain(asBuffer(content), codingsOf(marks), look.budget);
  if (typeof plain === "string") {
    unscannable(look, plain);
    // What is readable in it is read even so.
    tools.layers(content, look);
    return;
  }
  scanPlain(tools, plain.bytes, marks.contentType ?? "", { ...look, via: [...look.via, ...plain.via] }, memory);
}

function scanPlain(tools: Tools, content: Buffer, contentType: string, look: Look, memory: ScanMemory | undefined): void {
  tools.layers(content, look);
  const boundary = boundaryOf(contentType);
  if (boundary !== undefined) return scanParts(tools, content, boundary, look, memory);
  const fields = createFieldScan({ sieve: tools.sieve, contentType, start: content, memory });
  fields.push(content, look);
  fields.end(look);
}

function scanParts(tools: Tools, content: Buffer, boundary: string, look: Look, memory: ScanMemory | undefined): void {
  const parts = readParts(content, boundary, tools.limits.parts);
  if (parts === undefined) return unscannable(look, "multipart-damaged");
  if (parts.length > tools.limits.parts) unscannable(look, "too-many-parts");
  const values = memory?.of() ?? createCarry();
  for (const [index, part] of parts.slice(0, tools.limits.parts).entries()) {
    const inPart = { ...look, where: placeOf(tools.label, look.where, index + 1, part) };
    tools.layers(part.headers, inPart);
    scanPlain(tools, part.content, part.contentType ?? "", inPart, undefined);
    tools.sieve.siftKnown(part.content, { ...look, where: look.where === "body" ? "parts" : `${look.where} parts` }, values);
  }
}

function placeOf(label: Label, where: string, number: number, { fileName }: Part): string {
  const place = fileName === undefined ? `part ${number}` : label(`part ${number}`, fileName);
  return where === "body" ? place : `${where} ${place}`;
}
