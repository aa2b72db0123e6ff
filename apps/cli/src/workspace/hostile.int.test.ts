import { existsSync, readFileSync, readdirSync, writeFileSync, mkdirSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { act, copyProject } from "../testing/copied-project.ts";
import { styleOf } from "../output/style.ts";
import { bringHome } from "./bring-home.ts";
import { listTree } from "./list-tree.ts";
import { listChanges, showContents } from "./show-change.ts";

const plain = styleOf({ hasColour: false });

test("links that leave the project are refused, whatever way they take", async () => {
  using project = await copyProject({ "a/b/x.txt": "x\n" });
  act(project.copy, "ln -s /etc/passwd absolute; ln -s ../secret up; ln -s ../.. a/b/top; ln -s top/../secret a/b/through; ln -s a/b/x.txt fine");
  expect(await project.lines()).toEqual([
    "add refused a/b/through: a link: it points out of the project", "add ready a/b/top", "add refused absolute: a link: it points to an absolute path",
    "add ready fine", "add refused up: a link: it points out of the project",
  ]);
});

test("nothing is written through a link of the operator's", async () => {
  using project = await copyProject({ "d/x.txt": "x\n" });
  const outside = join(project.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "x.txt"), "outside\n");
  act(project.home, `rm -r d; ln -s '${outside}' d`);
  act(project.copy, "echo evil > d/x.txt; echo evil > d/new.txt");
  expect(await project.lines()).toEqual(["add conflict d/new.txt: its folder is something else in yours", "add conflict d/x.txt: its folder is something else in yours"]);
  await project.bring();
  expect([readdirSync(outside), readFileSync(join(outside, "x.txt"), "utf8")]).toEqual([["x.txt"], "outside\n"]);
});

test("a link in the copied project becomes a folder at home only by replacing the link, never by following it", async () => {
  using project = await copyProject({});
  const outside = join(project.root, "outside");
  mkdirSync(outside);
  act(project.home, `ln -s '${outside}' d`);
  act(project.root, "rm -r copy; cp -a home copy");
  const { recordBaseline } = await import("./list-tree.ts");
  await recordBaseline(project.copy, join(project.root, "baseline"));
  act(project.copy, "rm d; mkdir d; echo in > d/in.txt");
  await project.bring();
  expect([lstatSync(join(project.home, "d")).isDirectory(), readdirSync(outside)]).toEqual([true, []]);
});

test("a link in place of the operator's file is swapped in, the file it pointed to stays", async () => {
  using project = await copyProject({ "a.txt": "a\n", "b.txt": "b\n" });
  act(project.copy, "rm a.txt; ln -s b.txt a.txt");
  act(project.copy, "echo changed > b.txt");
  await project.bring();
  expect([lstatSync(join(project.home, "a.txt")).isSymbolicLink(), readFileSync(join(project.home, "b.txt"), "utf8")]).toEqual([true, "changed\n"]);
});

test("pipes, sockets and unreadable files are refused and block nothing", async () => {
  using project = await copyProject({});
  act(project.copy, `mkfifo pipe; perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1)'; echo fine > fine.txt`);
  expect(await project.lines()).toEqual([
    "add ready fine.txt", "add refused pipe: it is a pipe, a socket or a device", "add refused socket: it is a pipe, a socket or a device",
  ]);
  expect(await showContents((await project.look()).changes, project, plain)).toEqual(["", "fine.txt", "@@ -0,0 +1 @@", "+fine"]);
});

test("what is in a folder the agent closed has not been deleted", async () => {
  using project = await copyProject({ "d/x.txt": "x\n", "d/e/y.txt": "y\n" });
  act(project.copy, "chmod 000 d");
  expect((await project.lines()).filter((line) => line.startsWith("delete"))).toEqual([]);
  expect(await project.lines()).toContain("mode refused d: the agent closed it: what it holds cannot be read");
});

test("names with line breaks and escapes come home as they are and are printed harmless", async () => {
  using project = await copyProject({});
  act(project.copy, `printf x > $'new\\nline'; printf x > $'\\e]0;title\\a'; printf x > $'\\xff\\xfe'; printf x > $'-rf'; printf x > $'\\xe2\\x80\\xaecod.exe'`);
  const shown = listChanges((await project.look()).changes, plain);
  expect(shown).toEqual(["A \\u001b]0;title\\u0007", "A -rf", "A new\\u000aline", "A \\u202ecod.exe", "A \ufffd\ufffd"]);
  expect((await project.bring()).map(({ failure }) => failure)).toEqual(Array(5).fill(undefined));
  expect(readdirSync(project.home, { encoding: "latin1" }).sort()).toEqual(["\u001b]0;title\u0007", "-rf", "new\nline", "\u00e2\u0080\u00aecod.exe", "\u00ff\u00fe"]);
});

test("contents are printed harmless, and cannot pass for another file's header", async () => {
  using project = await copyProject({ "a.txt": "a\n", "b.txt": "b\n" });
  act(project.copy, `printf 'x\\e[2J\\ndiff --git a/a/1 b/b/1\\n@@ -1 +1 @@\\n' > a.txt; echo c > b.txt; echo '* -diff' > .gitattributes`);
  const shown = await showContents((await project.look()).changes, project, plain);
  expect(shown).toEqual([
    "", ".gitattributes", "@@ -0,0 +1 @@", "+* -diff",
    "", "a.txt", "@@ -1 +1,3 @@", "-a", "+x\\u001b[2J", "+diff --git a/a/1 b/b/1", "+@@ -1 +1 @@",
    "", "b.txt", "@@ -1 +1 @@", "-b", "+c",
  ]);
});

test("hooks and settings stand apart from the rest", async () => {
  using project = await copyProject({ "x.txt": "x\n" });
  act(project.home, "git init -q .; git -c user.name=n -c user.email=e commit -q --allow-empty -m one");
  act(project.root, "rm -r copy; cp -a home copy");
  const { recordBaseline } = await import("./list-tree.ts");
  await recordBaseline(project.copy, join(project.root, "baseline"));
  act(project.copy, "echo y >> x.txt; git add .; git -c user.name=n -c user.email=e commit -qm two; echo '#!/bin/sh' > .git/hooks/pre-commit; git config core.fsmonitor evil; mkdir .claude; echo '{}' > .claude/settings.json");
  const lines = await project.lines();
  expect(lines.filter((line) => line.includes("obeyed"))).toEqual([
    "add ready obeyed .claude", "add ready obeyed .claude/settings.json", "modify ready obeyed .git/config", "add ready obeyed .git/hooks/pre-commit",
  ]);
  expect(lines).toContain("modify ready x.txt");
  expect(lines.some((line) => line.startsWith("modify ready .git/refs/heads/"))).toBe(true);
});

test("a repository changed on both sides stays behind whole, the files of the project come home", async () => {
  using project = await copyProject({ "x.txt": "x\n" });
  const commit = "git -c user.name=n -c user.email=e commit -q --allow-empty -m";
  act(project.home, `git init -q .; ${commit} one`);
  act(project.root, "rm -r copy; cp -a home copy");
  const { recordBaseline } = await import("./list-tree.ts");
  await recordBaseline(project.copy, join(project.root, "baseline"));
  act(project.copy, `${commit} agent; echo y > y.txt`);
  act(project.home, `${commit} mine`);
  const { changes } = await project.look();
  expect(changes.filter(({ path, verdict }) => path.startsWith(".git/") && verdict === "ready")).toEqual([]);
  await project.bring();
  expect(existsSync(join(project.home, "y.txt"))).toBe(true);
  act(project.home, "test \"$(git log -1 --format=%s)\" = mine; git fsck --strict");
});

test("removing the repository takes the consent hooks take, and objects are never removed or rewritten", async () => {
  using project = await copyProject({ "x.txt": "x\n" });
  act(project.home, "git init -q .; git add .; git -c user.name=n -c user.email=e commit -q -m one");
  act(project.root, "rm -r copy; cp -a home copy");
  const { recordBaseline } = await import("./list-tree.ts");
  await recordBaseline(project.copy, join(project.root, "baseline"));
  act(project.copy, "object=$(find .git/objects -type f | head -1); chmod u+w $object; echo broken > $object");
  expect((await project.lines()).filter((line) => line.includes("objects"))).toEqual([expect.stringMatching(/^modify refused \.git\/objects\/.*: git never rewrites an object$/)]);
  act(project.copy, "rm -rf .git");
  const { changes } = await project.look();
  expect(changes.filter(({ isObeyed }) => !isObeyed)).toEqual([]);
  expect(changes.some(({ path }) => path.startsWith(".git/objects/") && !path.endsWith("info") && !path.endsWith("pack") && path.length > 16)).toBe(false);
});

test("a very deep tree and a very long name do not end the rest", async () => {
  using project = await copyProject({});
  act(project.copy, `perl -e 'for (1 .. 30) { mkdir "d" x 200 or die; chdir "d" x 200 or die } open F, ">", "x"; print F 1'; echo fine > fine.txt`);
  const arrivals = await project.bring();
  expect(arrivals.find(({ change }) => change.path === "fine.txt")?.failure).toBeUndefined();
  expect(arrivals.flatMap(({ failure }) => failure ?? [])).toContain("it could not be written (ENAMETOOLONG)");
});

test.each([
  ["another content", "echo hidden > a.txt"],
  ["a link to a file of the operator's", "ln -sf /etc/hostname a.txt"],
  ["a folder replaced by a link", "rm -r b; ln -s /etc b"],
])("what changes in the copy between the look and the yes does not come home: %s", async (_, swap) => {
  using project = await copyProject({ "a.txt": "base\n", "b/hostname": "base\n" });
  act(project.copy, "echo shown > a.txt; echo shown > b/hostname");
  const { changes } = await project.look();
  act(project.copy, swap);
  const arrivals = await bringHome(changes, { copy: project.copy, home: project.home, isRoot: false });
  const file = swap.includes("/etc b") ? "b/hostname" : "a.txt";
  expect(arrivals.find(({ change }) => change.path === file)?.failure).toBe("the agent's copy changed meanwhile");
  expect(readFileSync(join(project.home, file), "utf8")).toBe("base\n");
});

test("a tree with more names than can be held is refused before it fills the memory", async () => {
  using project = await copyProject({ "a.txt": "a\n" });
  act(project.copy, `for i in $(seq 1 200); do : > "$(printf 'n%0200d' $i)"; done`);
  await expect(listTree(project.copy, { mostBytes: 10_000 })).rejects.toMatchObject({ code: "workspace-unreadable", message: expect.stringContaining("too many names") });
});
