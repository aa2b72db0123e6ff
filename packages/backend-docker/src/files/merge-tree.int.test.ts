import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { mergeTree } from "./merge-tree.ts";

function twins(change: string): { readonly fresh: string; readonly target: string } {
  const root = mkdtempSync(join(tmpdir(), "bottle-merge-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [fresh, target] = [join(root, "fresh"), join(root, "target")];
  execFileSync("sh", ["-ec", `mkdir -p '${target}/folder/deep' '${target}/gone'; cd '${target}'; echo same > same; echo old > folder/changed; ln -s same link; echo x > "$(printf 'b\\377d')"; cp -a '${target}' '${fresh}'; cd '${fresh}'; touch same; ${change}`]);
  return { fresh, target };
}

test("what is the same keeps its inode and its times, whatever times the other copy has", async () => {
  const { fresh, target } = twins("echo new > folder/changed");
  const before = lstatSync(join(target, "same"), { bigint: true });
  const changed = lstatSync(join(target, "folder/changed"), { bigint: true });
  await mergeTree(fresh, target);
  const after = lstatSync(join(target, "same"), { bigint: true });
  expect([after.ino, after.ctimeNs, after.mtimeNs]).toEqual([before.ino, before.ctimeNs, before.mtimeNs]);
  expect(readFileSync(join(target, "folder/changed"), "utf8")).toBe("new\n");
  expect(lstatSync(join(target, "folder/changed"), { bigint: true }).ino).not.toBe(changed.ino);
  expect(existsSync(fresh)).toBe(false);
});

test("a file of the same size and time with other bytes is told apart", async () => {
  const { fresh, target } = twins("printf 'OLD\\n' > folder/changed; touch -r same folder/changed");
  execFileSync("touch", ["-r", join(fresh, "same"), join(target, "folder/changed")]);
  await mergeTree(fresh, target);
  expect(readFileSync(join(target, "folder/changed"), "utf8")).toBe("OLD\n");
});

test("what is gone goes, what is new comes, names are bytes, and kinds may change", async () => {
  const { fresh, target } = twins("rmdir gone; echo n > new; rm link; mkdir link; echo in > link/file; rm -r folder; ln -s /etc folder; echo y > \"$(printf 'b\\377d')\"");
  await mergeTree(fresh, target);
  expect(existsSync(join(target, "gone"))).toBe(false);
  expect(readFileSync(join(target, "link/file"), "utf8")).toBe("in\n");
  expect(readlinkSync(join(target, "folder"))).toBe("/etc");
  expect(execFileSync("sh", ["-c", `cd '${target}' && cat b*`], { encoding: "utf8" })).toBe("y\n");
});

test("a link of the agent's in the old tree leads nothing outside", async () => {
  const outside = mkdtempSync(join(tmpdir(), "bottle-outside-"));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  writeFileSync(join(outside, "file"), "mine\n");
  const { fresh, target } = twins("");
  rmSync(join(target, "folder"), { recursive: true });
  execFileSync("ln", ["-s", outside, join(target, "folder")]);
  await mergeTree(fresh, target);
  expect(readFileSync(join(outside, "file"), "utf8")).toBe("mine\n");
  expect(lstatSync(join(target, "folder")).isDirectory()).toBe(true);
});

test("a changed mode is a change", async () => {
  const { fresh, target } = twins("");
  chmodSync(join(fresh, "same"), 0o755);
  await mergeTree(fresh, target);
  expect(lstatSync(join(target, "same")).mode & 0o777).toBe(0o755);
});
