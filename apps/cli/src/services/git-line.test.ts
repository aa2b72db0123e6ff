import type { GitEvent } from "@bottle/manifest";
import { expect, test } from "vitest";
import { gitLine } from "./git-line.ts";

const id = (letter: string): string => letter.repeat(40);
const push: GitEvent = { type: "git", decision: "allow", op: "push", repository: "app", reason: "accepted" };

test.each<readonly [GitEvent, string]>([
  [{ ...push, op: "fetch", reason: "served" }, "fetch app  served"],
  [{ ...push, op: "fetch", reason: "served", refs: [{ ref: "refs/heads/main", new: id("a") }], objects: 3 }, "fetch app: main at aaaaaaaaaaaa  served  (3 objects)"],
  [{ ...push, refs: [{ ref: "refs/heads/agent/one", old: id("a"), new: id("b") }], objects: 4, bytes: 812 }, "push app: agent/one aaaaaaaaaaaa..bbbbbbbbbbbb  accepted  (4 objects, 812 bytes)"],
  [{ ...push, identityFile: "app_deploy", objects: 2 }, "push app  accepted, with app_deploy  (2 objects)"],
  [{ ...push, refs: [{ ref: "refs/tags/v1", new: id("b") }, { ref: "refs/heads/old", old: id("a") }], moreRefs: 7, objects: 1 }, "push app: refs/tags/v1 new at bbbbbbbbbbbb, old deleted (was aaaaaaaaaaaa), 7 more  accepted  (1 object)"],
  [{
    ...push, decision: "deny", reason: "secret-found", refs: [{ ref: "refs/heads/x", new: id("b") }],
    findings: [{ rule: "TOKEN", kind: "known", object: id("c"), type: "blob", path: "a.ts", line: 3, commit: id("d") }, { rule: "TOKEN", kind: "known", object: id("e"), type: "tag" }],
  }, "push app: x new at bbbbbbbbbbbb  secret-found  TOKEN in a.ts:3 (commit dddddddddddd), TOKEN in tag eeeeeeeeeeee"],
])("%j is %s", (event, line) => {
  expect(gitLine(event)).toBe(line);
});
