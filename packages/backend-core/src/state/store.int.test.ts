import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Metadata } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStateStore, writeWhole } from "./store.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "bottle-state-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const metadata: Metadata = {
  version: 1, identity: "dev-00000", agent: "dev", bottle: "dev", kind: "shell", backend: "bubblewrap", createdAt: "2026-01-01T00:00:00.000Z",
  status: "starting", agentStarted: false, workspace: { mode: "none", target: "/workspace" }, resources: {},
};

test("a made state is readable, only for its owner", async () => {
  const store = openStateStore(home);
  const paths = await store.create(metadata);
  expect(await store.read("dev-00000")).toEqual(metadata);
  expect((await stat(paths.root)).mode & 0o777).toBe(0o700);
  expect((await stat(paths.metadata)).mode & 0o777).toBe(0o600);
});

test.each([["the home", "."], ["its state folder", "state"]])("where others may write to %s, no state is made", async (_, folder) => {
  const store = openStateStore(home);
  await mkdir(join(home, folder), { recursive: true });
  await chmod(join(home, folder), 0o777);
  await expect(store.create(metadata)).rejects.toMatchObject({ code: "state-open", mend: expect.stringContaining("chmod go-w") });
  await chmod(join(home, folder), 0o755);
  await expect(store.create(metadata)).resolves.toBeDefined();
});

test.runIf(process.getuid?.() === 0)("in a home that belongs to somebody else, no state is made", async () => {
  await chown(home, 65_534, 65_534);
  await expect(openStateStore(home).create(metadata)).rejects.toMatchObject({ code: "state-open" });
});

test("an identity is taken once", async () => {
  const store = openStateStore(home);
  const made = await Promise.allSettled([store.create(metadata), store.create(metadata), store.create(metadata)]);
  expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await expect(store.create(metadata)).rejects.toMatchObject({ code: "state-exists" });
});

test("a change is whole, and leaves no temporary file", async () => {
  const store = openStateStore(home);
  const paths = await store.create(metadata);
  await Promise.all(Array.from({ length: 10 }, () => store.update("dev-00000", (old) => ({ ...old, status: "running" }))));
  expect((await store.read("dev-00000")).status).toBe("running");
  expect((await readdir(paths.root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("what cannot be written leaves what was", async () => {
  await mkdir(join(home, "folder"));
  await expect(writeWhole(join(home, "folder"), "x")).rejects.toMatchObject({ code: "EISDIR" });
  expect(await readdir(home)).toEqual(["folder"]);
});

test("an unknown bottle is named, and how to find the known ones", async () => {
  await expect(openStateStore(home).read("dev-zzzzz")).rejects.toMatchObject({
    code: "identity-unknown", message: `There is no bottle "dev-zzzzz".`, mend: "`bottle list` shows them.",
  });
});

test.each(["../dev-00000", "..", "", "dev-00000/../x"])("%j leads nowhere", (identity) => {
  expect(() => openStateStore(home).directory(identity)).toThrow("is not a bottle's identity.");
});

test("an unreadable bottle is listed with why, beside the readable ones", async () => {
  const store = openStateStore(home);
  await store.create(metadata);
  await mkdir(join(home, "state/dev-11111"));
  await writeFile(join(home, "state/dev-11111/metadata.json"), "{");
  await mkdir(join(home, "state/not a bottle"));
  const entries = await store.list();
  expect(entries.map(({ identity }) => identity)).toEqual(["dev-00000", "dev-11111"]);
  expect(entries[1]).toHaveProperty("unreadable", expect.stringContaining("metadata"));
});

test("a tree deeper than any path can name is removed", async () => {
  const store = openStateStore(home);
  const paths = await store.create(metadata);
  execFileSync("perl", ["-e", "chdir $ARGV[0]; for (1 .. 300) { mkdir 'd' x 40; chdir 'd' x 40 or die }", paths.home]);
  await store.remove("dev-00000");
  expect(await store.list()).toEqual([]);
});

test("removing a bottle removes links in it, not what they lead to", async () => {
  const store = openStateStore(home);
  const paths = await store.create(metadata);
  await mkdir(join(home, "outside"));
  await writeFile(join(home, "outside/kept"), "");
  await symlink(join(home, "outside"), join(paths.home, "link"));
  await store.remove("dev-00000");
  expect(await readdir(join(home, "outside"))).toEqual(["kept"]);
  expect(await store.list()).toEqual([]);
});
