import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";

// These need the real gitleaks (`setup --for test` installs it by its own package manager); without it they fail and say so.
checkLeaks();
const required = { gate: { gitleaks: { use: "required" } } } as const;
/** A form that gitleaks knows and our own patterns do not. Always the same: in some random ones it finds one of its many harmless words. */
const only = (): string => `const apiToken = "${createHash("sha256").update("only gitleaks").digest("base64url").slice(0, 32)}";\n`;

test("it is found, tried and used", async () => {
  await using rig = await startGateRig(required);
  expect(rig.gate.gitleaks).toEqual({ state: "used", version: expect.stringMatching(/^v?8\./) as string });
});

test.each([
  ["a source file", "src/config.ts", (text: string) => Buffer.from(`// one\n// two\n${text}`), 3],
  ["a file whose name it skips", "package-lock.json.svg", (text: string) => Buffer.from(text), 1],
  ["a file that allows the line", "a.ts", (text: string) => Buffer.from(text.replace("\n", " // gitleaks:allow\n")), 1],
  ["text behind the magic of a PDF", "a.ts", (text: string) => Buffer.concat([Buffer.from("%PDF-1.7\n"), Buffer.from(text)]), 2],
  ["text around the magic of a tar", "a.ts", (text: string) => Buffer.concat([Buffer.alloc(256, " "), Buffer.from("ustar\0\n"), Buffer.from(text)]), 2],
])("what only it knows stops a push in %s, with rule, path and line", async (_, path, make, line) => {
  await using rig = await startGateRig(required);
  const work = await rig.clone("work");
  const text = only();
  await rig.commit(work, { ".gitleaks.toml": "[allowlist]\npaths = ['''.*''']\n", ".gitleaksignore": "", [path]: make(text) });
  await rig.git(work, "rm", "--quiet", "-r", ".");
  await rig.commit(work, { "fine.txt": "fine\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:one");
  expect(pushed.code).not.toBe(0);
  expect(pushed.err).toContain(`${path}:${line} holds gitleaks:generic-api-key, commit `);
  expect(pushed.err).not.toContain(text.slice(18, 40));
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  expect(rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "secret-found", findings: [{ kind: "gitleaks", rule: "gitleaks:generic-api-key", type: "blob", path, line }] });
  expect(JSON.stringify(rig.events)).not.toContain(text.slice(18, 40));
  expect(await readdir(join(rig.folder, "gate", "gitleaks"))).toEqual(["home"]);
});

test("a clean push passes; of one with thousands of files, which takes several runs, the last file is looked at too", async () => {
  await using rig = await startGateRig(required);
  const work = await rig.clone("work");
  await rig.commit(work, { "src/a.ts": "export const a = 1;\n" });
  expect(await rig.git(work, "push", "origin", "HEAD:clean")).toMatchObject({ code: 0 });
  expect(rig.events.at(-1)).toMatchObject({ decision: "allow", reason: "accepted" });
  const many = Array.from({ length: 4_200 }, (_, index) => [`src/file-${index}.ts`, `export const other = ${index};\n`] as const);
  await rig.commit(work, { ...Object.fromEntries(many), "zz/last.ts": only() });
  expect((await rig.git(work, "push", "origin", "HEAD:other")).err).toContain("zz/last.ts:1 holds gitleaks:generic-api-key");
}, 120_000);
