import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { act, copyProject } from "../testing/copied-project.ts";

const text = (...path: readonly string[]): string => readFileSync(join(...path), "utf8");

test("nothing changed is nothing to bring", async () => {
  using project = await copyProject({ "a.txt": "a\n", "b/c.txt": "c\n" });
  expect(await project.lines()).toEqual([]);
});

test("additions, edits, removals, permissions and links come home exactly", async () => {
  using project = await copyProject({ "edit.txt": "old\n", "gone/deep/x.txt": "x\n", "run.sh": "#!/bin/sh\n", "keep.txt": "keep\n" });
  act(project.copy, "echo new > edit.txt; rm -r gone; chmod +x run.sh; mkdir -p new/dir; echo n > new/dir/n.txt; ln -s dir/n.txt new/link; echo -n > 'ü empty'");
  expect(await project.lines()).toEqual([
    "modify ready edit.txt", "delete ready gone", "delete ready gone/deep", "delete ready gone/deep/x.txt", "add ready new", "add ready new/dir",
    "add ready new/dir/n.txt", "add ready new/link", "mode ready run.sh", "add ready Ã¼ empty",
  ]);
  expect((await project.bring()).filter(({ failure }) => failure !== undefined)).toEqual([]);
  expect([text(project.home, "edit.txt"), text(project.home, "new/link"), text(project.home, "keep.txt")]).toEqual(["new\n", "n\n", "keep\n"]);
  expect(readdirSync(project.home).sort()).toEqual(["edit.txt", "keep.txt", "new", "run.sh", "ü empty"]);
  expect(statSync(join(project.home, "run.sh")).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(project.home, "new/link"))).toBe("dir/n.txt");
  expect(await project.lines()).toEqual([]);
});

test("a second apply brings only what is newer, and sees edits made since the first", async () => {
  using project = await copyProject({ "a.txt": "1\n", "b.txt": "1\n" });
  act(project.copy, "echo 2 > a.txt; echo 2 > b.txt");
  await project.bring();
  act(project.home, "echo mine > a.txt");
  act(project.copy, "echo 3 > a.txt; echo 3 > b.txt");
  expect(await project.lines()).toEqual(["modify conflict a.txt: you changed it too", "modify ready b.txt"]);
});

test("the operator's newer edits, additions and removals are never overwritten", async () => {
  using project = await copyProject({ "both.txt": "base\n", "mine.txt": "base\n", "removed.txt": "base\n", "theirs-gone.txt": "base\n" });
  act(project.copy, "echo agent > both.txt; echo agent > made.txt; echo agent > removed.txt; rm theirs-gone.txt");
  act(project.home, "echo me > both.txt; echo me > mine.txt; echo me > made.txt; rm removed.txt; echo me > theirs-gone.txt");
  expect(await project.lines()).toEqual([
    "modify conflict both.txt: you changed it too", "add conflict made.txt: you made one too", "modify conflict removed.txt: you removed it, the agent changed it",
    "delete conflict theirs-gone.txt: you changed it, the agent deleted it",
  ]);
  await project.bring();
  expect(["both.txt", "mine.txt", "made.txt", "theirs-gone.txt"].map((name) => text(project.home, name))).toEqual(Array(4).fill("me\n"));
});

test("an edit the operator made while the question stood open is kept", async () => {
  using project = await copyProject({ "a.txt": "base\n" });
  act(project.copy, "echo agent > a.txt");
  const { changes } = await project.look();
  writeFileSync(join(project.home, "a.txt"), "me\n");
  const { bringHome } = await import("./bring-home.ts");
  const [arrival] = await bringHome(changes, { copy: project.copy, home: project.home, isRoot: false });
  expect([arrival?.failure, text(project.home, "a.txt")]).toEqual(["you changed it meanwhile", "me\n"]);
});

test("the same change on both sides is no conflict, and a touched file no change", async () => {
  using project = await copyProject({ "same.txt": "base\n", "touched.txt": "base\n" });
  act(project.copy, "echo same > same.txt; touch touched.txt");
  act(project.home, "echo same > same.txt");
  expect(await project.lines()).toEqual([]);
});

test("an edit that sets its time and size back is still seen", async () => {
  using project = await copyProject({ "a.txt": "base\n" });
  act(project.copy, "touch -r a.txt /tmp/bottle-stamp-$$; echo evil > a.txt; touch -r /tmp/bottle-stamp-$$ a.txt; rm /tmp/bottle-stamp-$$");
  expect(await project.lines()).toEqual(["modify ready a.txt"]);
});

test("a file in place of a folder, and a folder in place of a file", async () => {
  using project = await copyProject({ "was-folder/x.txt": "x\n", "was-file": "f\n" });
  act(project.copy, "rm -r was-folder was-file; echo file > was-folder; mkdir was-file; echo y > was-file/y.txt");
  expect((await project.bring()).map(({ failure }) => failure)).toEqual([undefined, undefined, undefined, undefined]);
  expect([text(project.home, "was-folder"), text(project.home, "was-file/y.txt")]).toEqual(["file\n", "y\n"]);
});

test("a folder the agent removed stays if the operator has put something in it", async () => {
  using project = await copyProject({ "d/x.txt": "x\n" });
  act(project.copy, "rm -r d");
  act(project.home, "echo me > d/mine.txt");
  expect((await project.bring()).map(({ change, failure }) => [change.path, failure])).toEqual([["d", "it holds files of your own"], ["d/x.txt", undefined]]);
  expect(readdirSync(join(project.home, "d"))).toEqual(["mine.txt"]);
});

test("set-uid bits do not come home", async () => {
  using project = await copyProject({});
  act(project.copy, "echo x > s; chmod 6755 s");
  await project.bring();
  expect(lstatSync(join(project.home, "s")).mode & 0o7777).toBe(0o755);
});

test("hard links come home as files of their own", async () => {
  using project = await copyProject({ "a.txt": "a\n" });
  act(project.copy, "ln a.txt b.txt");
  await project.bring();
  expect([text(project.home, "b.txt"), lstatSync(join(project.home, "b.txt")).nlink]).toEqual(["a\n", 1]);
});

test("nothing of bottle's own stays in the operator's folder", async () => {
  using project = await copyProject({ "a.txt": "a\n" });
  act(project.copy, "echo b > a.txt; echo c > c.txt");
  await project.bring();
  expect(readdirSync(project.home).sort()).toEqual(["a.txt", "c.txt"]);
});
