import { expect, test } from "vitest";
import { linkFault } from "./link.ts";
import type { Entry, Tree } from "./tree.ts";

const plain = { mode: 0o755, size: 0, modified: "1.0", changed: "1.0", inode: "1", target: "" };

function tree(links: Readonly<Record<string, string>>, folders: readonly string[] = []): Tree {
  return new Map<string, Entry>([
    ...folders.map((path) => [path, { ...plain, type: "folder" }] as const),
    ...Object.entries(links).map(([path, target]) => [path, { ...plain, type: "link", target }] as const),
  ]);
}

test.each([
  ["a file beside it", { x: "y" }], ["a file below", { x: "a/b/c" }], ["the project itself", { "a/x": ".." }],
  ["up and down within", { "a/b/x": "../../c/d" }], ["through a link that stays", { x: "l/file", l: "a/b" }], ["nothing", { x: "missing" }],
])("a link to %s stays inside", (_, links) => {
  expect(linkFault(tree(links, ["a", "a/b"]), Object.keys(links)[0] ?? "")).toBeUndefined();
});

test.each([
  ["an absolute path", { x: "/etc/passwd" }, "it points to an absolute path"],
  ["above the project", { x: "../secret" }, "it points out of the project"],
  ["above, from a folder", { "a/x": "../../secret" }, "it points out of the project"],
  ["above by way of a folder", { x: "a/../../secret" }, "it points out of the project"],
  ["above by way of a link to the top", { "a/b/x": "s/../secret", "a/b/s": "../.." }, "it points out of the project"],
  ["an absolute link", { x: "l/secret", l: "/etc" }, "it leads through a link to an absolute path"],
  ["itself", { x: "x" }, "it leads through links without end"],
  ["a ring", { x: "y/a", y: "x" }, "it leads through links without end"],
  ["a hook", { x: ".git/hooks" }, "it points into .git"],
  ["a hook, by another spelling", { x: "a/../.GIT/hooks" }, "it points into .git"],
])("a link to %s is refused", (_, links, why) => {
  expect(linkFault(tree(links, ["a", "a/b"]), Object.keys(links)[0] ?? "")).toBe(why);
});
