import type { Finding, Scanner } from "@bottle/secret-scan";
import type { GitObject } from "../git/objects.ts";
import { printable } from "../printable.ts";
import type { PushFinding } from "./finding.ts";
import { parseTree } from "./tree.ts";

/** What a scan of a push gave. */
export interface ScannedPush {
  readonly objects: number;
  readonly bytes: number;
  /** The first 50; one is enough to refuse. */
  readonly findings: readonly PushFinding[];
  /** How many were found besides. */
  readonly unlisted: number;
}

const mostFindings = 50;
/** Longer lines are not gone through to find the one. */
const mostLines = 100_000;
const mostLineBytes = 4 * 1024 * 1024;
const mostLocated = 10;
// All that git-lfs takes for one (docs/spec.md; lfs/pointer.go, "v1Aliases"), which is no longer than 1024 bytes.
const lfsPointer = /^[\r\n]*version https?:\/\/(?:(?:git-lfs|hawser)\.github\.com\/spec|git-media\.io\/v)\//;
const mostPointerBytes = 1024;

/** Scans whole objects: blobs, the texts of commits and tags, and every name in a tree. */
export async function scanObjects(objects: AsyncIterable<GitObject>, scanner: Scanner): Promise<ScannedPush> {
  const findings: PushFinding[] = [];
  const names = new Set<string>();
  let count = 0;
  let bytes = 0;
  let unlisted = 0;
  for await (const object of objects) {
    count += 1;
    bytes += object.content.length;
    const found = object.type === "tree" ? scanTree(object, scanner, names) : scanContent(object, scanner, findings.length < mostLocated);
    const listed = found.slice(0, mostFindings - findings.length);
    findings.push(...listed);
    unlisted += found.length - listed.length;
  }
  return { objects: count, bytes, findings, unlisted };
}

// Forms of low severity are in ordinary texts as well: as at the egress they stop nothing.
function stops({ severity }: Finding): boolean {
  return severity !== "low";
}

function scanContent(object: GitObject, scanner: Scanner, isLocated: boolean): readonly PushFinding[] {
  const { id, type, content } = object;
  if (type === "blob" && lfsPointer.test(content.toString("latin1", 0, mostPointerBytes))) return [{ rule: "lfs-pointer", kind: "lfs", object: id, type, path: placeOf(object.path, scanner) }];
  const found = scanner.bytes(content, { where: "" }).filter(stops);
  if (found.length === 0) return [];
  const path = object.path === "" ? {} : { path: placeOf(object.path, scanner) };
  return found.map((finding, index) => {
    const line = isLocated && index < mostLocated && finding.kind !== "unscannable" ? lineOf(finding, content, scanner) : undefined;
    const within = withinOf(finding);
    return { rule: finding.rule, kind: finding.kind, object: id, type, ...path, ...(within === "" ? {} : { within }), ...(line === undefined ? {} : { line }) };
  });
}

// Each path once: a tree that changes comes again with most of its names. Whole paths, since a slash may be in what is looked for.
function scanTree({ id, path, content }: GitObject, scanner: Scanner, names: Set<string>): readonly PushFinding[] {
  const entries = parseTree(content, id.length === 64 ? 32 : 20);
  if (entries === undefined) return [{ rule: "tree-damaged", kind: "unscannable", object: id, type: "tree", path: placeOf(path, scanner) }];
  const fresh = entries.map(({ name }) => path === "" ? name : `${path}/${name}`).filter((name) => !names.has(name));
  for (const name of fresh) names.add(name);
  if (fresh.length === 0) return [];
  const found = scanner.bytes(Buffer.from(fresh.join("\n"), "latin1"), { where: "name" }).filter(stops);
  return found.map(({ rule, kind }) => ({ rule, kind, object: id, type: "tree", path: placeOf(`${path}/`, scanner) }));
}

/** What the names of refs hold: the rules that were met. */
export function scanRefs(refs: readonly string[], scanner: Scanner): readonly string[] {
  const found = scanner.text(refs.join("\n"), "ref").filter(stops);
  return [...new Set(found.map(({ rule }) => rule))];
}

/** What may be told of a path: it may itself be what must not leave. */
export function placeOf(path: string, scanner: Scanner): string {
  return scanner.bytes(Buffer.from(path, "latin1"), { where: "" }).length > 0 ? "(hidden)" : shown(path);
}

function withinOf({ where, via }: Finding): string {
  return [where, via.join(" > ")].filter((part) => part !== "").join(", ");
}

// By halves of lines: the first line that has it by itself.
function lineOf({ rule }: Finding, content: Buffer, scanner: Scanner): number | undefined {
  if (content.length > mostLineBytes || content.includes(0)) return undefined;
  const lines = content.toString("latin1").split("\n");
  if (lines.length > mostLines) return undefined;
  const has = (from: number, to: number): boolean =>
    scanner.bytes(Buffer.from(lines.slice(from, to).join("\n"), "latin1")).some((finding) => finding.rule === rule);
  let from = 0;
  let to = lines.length;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (has(from, middle)) to = middle;
    else if (has(middle, to)) from = middle;
    else return from + 1;
  }
  return from + 1;
}

/** A path for a terminal. */
export function shown(path: string): string {
  return printable(Buffer.from(path, "latin1").toString("utf8").slice(0, 500));
}
