import { join } from "node:path";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { BottleError } from "../errors.ts";
import { explainNoSpace, freeAt, namingFile } from "./no-space.ts";

const home = join(tmpdir(), "not/yet/made");
const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

test("what is free is told where a folder is not yet, by the one that will hold it", async () => {
  expect(await freeAt(home)).toMatch(new RegExp(`^[0-9]+ [KM]iB(?: and [0-9]+ more files)? are free at ${tmpdir()}$`));
});

test.each<[string, unknown]>([
  ["as it is", full],
  ["as a cause", new Error("the start failed", { cause: full })],
  ["among several", new AggregateError([new Error("other"), full])],
  ["first, before another failure of the undoing", new SuppressedError(new Error("undoing"), full)],
  ["in the undoing", new SuppressedError(full, new Error("first"))],
])("a full disk is found %s", async (_, error) => {
  const explained = await explainNoSpace(error, home);
  expect(explained).toBeInstanceOf(BottleError);
  expect(explained).toMatchObject({ code: "launch-failed", message: `The disk is full: ${full.message}`, mend: expect.stringContaining("are free at"), cause: error });
  expect(await explainNoSpace(new SuppressedError(new Error("undoing"), explained), home)).toBe(explained);
});

test.each<[string, unknown]>([["another error", new Error("no")], ["what is no error", "ENOSPC"], ["an abort", new DOMException("aborted", "AbortError")]])("%s stays what it is", async (_, error) => {
  expect(await explainNoSpace(error, home)).toBe(error);
});

test("a failed write names its file, once", async () => {
  await expect(namingFile("/a/b", Promise.reject(full))).rejects.toMatchObject({ code: "ENOSPC", message: `${full.message} '/a/b'`, cause: full });
  const named = new Error("EACCES: permission denied, open '/a/b'");
  await expect(namingFile("/a/b", Promise.reject(named))).rejects.toBe(named);
});
