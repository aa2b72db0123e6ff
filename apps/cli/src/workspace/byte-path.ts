import { visible } from "../output/visible.ts";

/**
 * A path relative to a tree, one character per byte: names need not be UTF-8, and none may be lost on the way.
 * Empty for the tree itself.
 */
export type BytePath = string;

/** The path below an absolute folder, for Node's fs. */
export function fsPath(root: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}

/** A path for people, safe on a terminal. */
export function shownPath(path: BytePath): string {
  return visible(Buffer.from(path, "latin1").toString("utf8"));
}

/** The folders above a path, outermost first. */
export function ancestors(path: BytePath): readonly BytePath[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
