import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAll } from "@bottle/backend-core";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { contextFile, contextFolder, hashContext, packContext, type ContextFile } from "./context.ts";

function freshFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "bottle-context-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

const packed = (files: readonly ContextFile[]): Promise<Uint8Array> => readAll(Readable.from(packContext(files)));

test("GNU tar reads what is packed: names, modes, contents of every length around a block", async () => {
  const [source, target] = [freshFolder(), freshFolder()];
  for (const size of [0, 1, 511, 512, 513, 200_000]) writeFileSync(join(source, `f${size}`), Buffer.alloc(size, size % 251));
  mkdirSync(join(source, "below"));
  writeFileSync(join(source, "below", "é"), "deep");
  const files = [{ path: "Dockerfile", mode: 0o644, text: "FROM x\n" }, await contextFile("node", join(source, "f513"), 0o755), ...await contextFolder("program", source)];
  execFileSync("tar", ["--directory", target, "--extract"], { input: await packed(files) });
  execFileSync("diff", ["--recursive", source, join(target, "program")]);
  expect(execFileSync("cat", [join(target, "Dockerfile")], { encoding: "utf8" })).toBe("FROM x\n");
  expect(statSync(join(target, "node")).mode & 0o777).toBe(0o755);
});

test("equal contents have one hash wherever they are; another byte, name, mode or argument has another", async () => {
  const [one, other] = [freshFolder(), freshFolder()];
  for (const folder of [one, other]) for (const name of ["b", "a"]) writeFileSync(join(folder, name), name);
  const hash = async (folder: string, more = {}): Promise<string> => hashContext(await contextFolder("p", folder), more);
  const plain = await hash(one);
  expect(plain).toMatch(/^[0-9a-f]{12}$/);
  expect(await hash(other)).toBe(plain);
  expect(await hash(one, { BASE: "x" })).not.toBe(plain);
  expect(await hashContext((await contextFolder("p", one)).map((file) => ({ ...file, mode: 0o755 })), {})).not.toBe(plain);
  writeFileSync(join(other, "a"), "b");
  expect(await hash(other)).not.toBe(plain);
});

test("a link is not followed, and a file that changes on the way is told", async () => {
  const folder = freshFolder();
  const file = join(folder, "file");
  writeFileSync(file, "before");
  const files = [await contextFile("file", file, 0o644)];
  writeFileSync(file, "before and after");
  await expect(packed(files)).rejects.toThrow("file changed while it was sent to the engine.");
  symlinkSync("/etc/passwd", join(folder, "link"));
  await expect(contextFolder("p", folder)).rejects.toThrow(`${join(folder, "link")}, which goes into an image, is not a file.`);
});
