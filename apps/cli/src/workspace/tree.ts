import type { BytePath } from "./byte-path.ts";

/** One name of a tree. Times are seconds with ten decimals, as `find` prints them. */
export interface Entry {
  readonly type: "file" | "folder" | "link" | "special";
  /** Permission bits, set-uid and sticky included. */
  readonly mode: number;
  readonly size: number;
  readonly modified: string;
  /** The inode's own change time: no program can set it back. */
  readonly changed: string;
  readonly inode: string;
  /** Where a link points, byte by byte; empty for all else. */
  readonly target: string;
}

/** An entry at the time of the copy. */
export interface BaselineEntry extends Entry {
  /** When the operator's file was last written then; absent: as the copy, since copying keeps times. */
  readonly homeModified?: string;
}

/** Entries by path, without the tree's own folder. */
export type Tree = ReadonlyMap<BytePath, Entry>;
/** The tree as it was when it was copied. */
export type Baseline = ReadonlyMap<BytePath, BaselineEntry>;

/** What `find -printf` prints of one name, and the form baselines are stored in: nothing in a name can break out of it. */
export const findFormat = "%y %m %s %T@ %C@ %i - %l\\0%P\\0";

/** More names than this are refused, so that a hostile tree can't take all memory. */
const mostEntries = 2_000_000;

const types: Readonly<Record<string, Entry["type"]>> = { f: "file", d: "folder", l: "link" };
const letters = { file: "f", folder: "d", link: "l", special: "p" } as const;

/**
 * Reads the output of `find -printf` or a stored baseline.
 * @throws RangeError for text that is neither, or too much of it
 */
export function parseTree(text: string): Baseline {
  const fields = text.split("\0");
  if (fields.length > 2 * mostEntries) throw new RangeError(`The tree has more than ${mostEntries} names.`);
  const tree = new Map<BytePath, BaselineEntry>();
  for (let at = 0; at + 1 < fields.length; at += 2) tree.set(fields[at + 1] ?? "", parseEntry(fields[at] ?? ""));
  if (fields.length % 2 !== 1 || fields.at(-1) !== "") throw new RangeError("The tree's listing is cut off.");
  return tree;
}

/** The text `parseTree` reads. */
export function formatTree(tree: Baseline): string {
  return [...tree].map(([path, entry]) => {
    const { type, mode, size, modified, changed, inode, homeModified = "-", target } = entry;
    return `${letters[type]} ${mode.toString(8)} ${size} ${modified} ${changed} ${inode} ${homeModified} ${target}\0${path}\0`;
  }).join("");
}

function parseEntry(text: string): BaselineEntry {
  const match = /^(.) ([0-7]+) ([0-9]+) (-?[0-9.]+) (-?[0-9.]+) ([0-9]+) (-|-?[0-9.]+) ([^]*)$/.exec(text);
  if (!match) throw new RangeError("The tree's listing is not one.");
  const [, letter = "", mode = "", size = "", modified = "", changed = "", inode = "", home = "", target = ""] = match;
  return {
    type: types[letter] ?? "special", mode: Number.parseInt(mode, 8), size: Number(size), modified, changed, inode, target,
    ...(home !== "-" && { homeModified: home }),
  };
}
