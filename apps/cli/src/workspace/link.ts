import type { BytePath } from "./byte-path.ts";
import type { Tree } from "./tree.ts";

const mostHops = 40;

/**
 * Why a link may not come home: it is absolute, or following it step by step through the agent's tree, other links
 * included, leaves the project. Undefined: it stays inside, or points to nothing there. Pure.
 */
export function linkFault(tree: Tree, path: BytePath): string | undefined {
  const start = path.split("/").slice(0, -1);
  let rest = parts(tree.get(path)?.target ?? "");
  if (rest === undefined) return "it points to an absolute path";
  const at = [...start];
  let hops = 0;
  while (rest.length > 0) {
    const [next = "", ...after]: string[] = rest;
    rest = after;
    if (next === "." || next === "") continue;
    if (next === "..") {
      if (at.length === 0) return "it points out of the project";
      at.pop();
      continue;
    }
    at.push(next);
    const entry = tree.get(at.join("/"));
    if (entry?.type !== "link") continue;
    hops += 1;
    const inner = parts(entry.target);
    if (inner === undefined) return "it leads through a link to an absolute path";
    if (hops > mostHops) return "it leads through links without end";
    at.pop();
    rest = [...inner, ...rest];
  }
  return at.some((part) => part.toLowerCase() === ".git") ? "it points into .git" : undefined;
}

function parts(target: string): string[] | undefined {
  return target.startsWith("/") ? undefined : target.split("/");
}
