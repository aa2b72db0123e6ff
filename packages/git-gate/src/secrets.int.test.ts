import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { type GateRig, must, startGateRig } from "./testing/gate-rig.ts";

const secret = "Zq7-gate-known-value-93kd02";
const gate = { secrets: () => [{ name: "DEPLOY_TOKEN", value: secret }] };
const nothingReleased = { isReleased: () => Promise.resolve(false), taken: () => undefined };

async function refused(rig: GateRig, work: string, ...refs: readonly string[]): Promise<string> {
  const before = (await must(rig.git(rig.upstream, "for-each-ref"))).out;
  const pushed = await rig.git(work, "push", "origin", ...refs);
  expect(pushed.code).not.toBe(0);
  expect(pushed.err).not.toContain(secret);
  expect((await must(rig.git(rig.upstream, "for-each-ref"))).out).toBe(before);
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny" });
  expect(JSON.stringify(rig.events)).not.toContain(secret);
  return pushed.err;
}

test("a secret that is born in a merge stops a push", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  await must(rig.git(work, "checkout", "--quiet", "-b", "side"));
  await rig.commit(work, { "a.txt": "side\n" });
  await must(rig.git(work, "checkout", "--quiet", "main"));
  await rig.commit(work, { "b.txt": "main\n" });
  await must(rig.git(work, "merge", "--quiet", "--no-commit", "side"));
  await rig.commit(work, { "a.txt": `${secret}\n` }, "Merge");
  await rig.commit(work, { "a.txt": "gone\n" });
  expect(await refused(rig, work, "HEAD:refs/heads/one")).toContain("a.txt:1 holds DEPLOY_TOKEN");
});

test("tags that point at a blob or a tree do not pass, nor a secret in a tag of a tag", async () => {
  await using rig = await startGateRig({ gate, repository: { tags: true } });
  const work = await rig.clone("work");
  const blob = execFileSync("git", ["hash-object", "-w", "--stdin"], { cwd: work, input: secret, encoding: "utf8" }).trim();
  await must(rig.git(work, "tag", "-a", "-m", "a blob", "blob", blob));
  await must(rig.git(work, "tag", "light", blob));
  await must(rig.git(work, "tag", "-a", "-m", "a tree", "tree", "HEAD^{tree}"));
  for (const tag of ["blob", "light", "tree"]) expect(await refused(rig, work, tag)).toContain("would not point at a commit");
  await must(rig.git(work, "tag", "-a", "-m", secret, "inner"));
  await must(rig.git(work, "tag", "-a", "-m", "outer", "outer", "inner"));
  expect(await refused(rig, work, "outer")).toContain("holds DEPLOY_TOKEN");
  await must(rig.git(work, "tag", "-a", "-m", "fine", "v1"));
  await must(rig.git(work, "push", "origin", "v1"));
});

test("a secret in the name of a branch, a tag, a path or an e-mail address stops a push, and is not told", async () => {
  await using rig = await startGateRig({ gate, repository: { tags: true } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  const push = await rig.git(work, "push", "origin", `HEAD:refs/heads/x-${secret}`);
  expect(push.err).toContain("the name of a branch or tag holds DEPLOY_TOKEN");
  expect(await rig.upstreamRef(`refs/heads/x-${secret}`)).toBe("");
  expect(JSON.stringify(rig.events)).not.toContain(secret);
  await must(rig.git(work, "-c", `user.email=${secret}@example.com`, "commit", "--quiet", "--allow-empty", "-m", "b", `--author=A <${secret}@example.com>`));
  expect(await refused(rig, work, "HEAD:refs/heads/one")).toContain("holds DEPLOY_TOKEN");
  await must(rig.git(work, "reset", "--quiet", "--hard", "origin/main"));
  await rig.commit(work, { [`${secret}/${secret}.txt`]: `${secret}\n` });
  expect(await refused(rig, work, "HEAD:refs/heads/one")).toContain("(hidden)");
});

test("a secret in a name is not told either where something else refuses the push: its ref, or its size", async () => {
  await using rig = await startGateRig({ repository: { push: ["agent/**"] }, gate: { ...gate, limits: { objectBytes: 100_000 } } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  for (const ref of [`refs/heads/x-${secret}`, `refs/notes/${secret}`, `refs/tags/${secret}`]) {
    const { err } = await rig.git(work, "push", "origin", `HEAD:${ref}`);
    // git itself says what it was given.
    expect(err.split("\n").filter((line) => line.startsWith("remote:") && line.includes(secret))).toEqual([]);
    expect(err).toContain("the name of a branch or tag holds DEPLOY_TOKEN");
  }
  await rig.commit(work, { [`${secret}.txt`]: "a".repeat(100_001) });
  expect(await refused(rig, work, "HEAD:agent/one")).toContain("(hidden) has 100001 bytes");
});

test.each([
  ["zip", (file: Buffer) => zip("config.txt", file)],
  ["zip in a tar.gz", (file: Buffer) => packed("tar -czf -", "inner.zip", zip("config.txt", file))],
  ["tar.gz", (file: Buffer) => packed("tar -czf -", "config.txt", file)],
  ["tar.xz", (file: Buffer) => packed("tar -cJf -", "config.txt", file)],
  ["tar", (file: Buffer) => packed("tar -cf -", "config.txt", file)],
])("a secret in a %s stops a push", async (_, make) => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  await rig.commit(work, { "data.bin": make(Buffer.from(`${"text ".repeat(200)}${secret}\n`)) });
  expect(await refused(rig, work, "HEAD:one")).toContain("data.bin holds DEPLOY_TOKEN");
});

test("an archive that cannot be opened stops a push, since nothing is known of it", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  await rig.commit(work, { "data.xz": packed("xz --x86 --lzma2 --stdout", "config.txt", Buffer.from(secret)) });
  expect(await refused(rig, work, "HEAD:one")).toContain("data.xz cannot be read (compression-unknown)");
});

test("a secret in UTF-16 of either order, in hex and in base64 of base64 stops a push", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  const wide = Buffer.from(`\ufeffvalue ${secret} end`, "utf16le");
  const twice = Buffer.from(Buffer.from(secret).toString("base64")).toString("base64");
  for (const content of [wide, Buffer.from(wide).swap16(), Buffer.from(secret).toString("hex"), twice]) {
    await must(rig.git(work, "reset", "--quiet", "--hard", "origin/main"));
    await rig.commit(work, { "data.txt": content });
    expect(await refused(rig, work, "HEAD:one")).toContain("holds DEPLOY_TOKEN");
  }
});

test("a secret put together over commits stops a push", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  for (const length of [8, 16, secret.length]) await rig.commit(work, { "a.txt": `x=${secret.slice(0, length)}` });
  await rig.commit(work, { "a.txt": "x=" });
  expect(await refused(rig, work, "HEAD:one")).toContain("a.txt:1 holds DEPLOY_TOKEN");
});

test("one ref that is refused refuses all of a push", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "branch", "good"));
  await rig.commit(work, { "b.txt": secret });
  await refused(rig, work, "good:refs/heads/good", "HEAD:refs/heads/bad");
  await refused(rig, work, "good:refs/heads/good", "good:refs/notes/commits");
});

test("what the upstream has already is not looked through again, also on another branch", async () => {
  await using rig = await startGateRig({ gate });
  const seed = join(rig.folder, "seed");
  await rig.commit(seed, { "old.txt": secret });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main"));
  const work = await rig.clone("work");
  await rig.commit(work, { "new.txt": "new\n" });
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(rig.events.at(-1)).toMatchObject({ reason: "accepted", objects: 3 });
});

test("what a refused push brought stays new to the next", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": secret });
  await refused(rig, work, "HEAD:one");
  await refused(rig, work, `${id}:refs/heads/two`);
});

test("a workflow waits for the operator: in a file, a rename, a tree moved there, and on a side that a merge drops", async () => {
  const held: string[] = [];
  await using rig = await startGateRig({ repository: { review: true }, gate: { held: { ...nothingReleased, hold: ({ review }) => {
    held.push(review.join(" "));
    return Promise.resolve("The operator was asked.");
  } } } });
  const seed = join(rig.folder, "seed");
  await rig.commit(seed, { "plain/workflows/run.yml": "on: push\n", "run.yml": "on: push\n" });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main"));
  const work = await rig.clone("work");
  const fresh = (): Promise<unknown> => must(rig.git(work, "reset", "--quiet", "--hard", "origin/main"));
  await rig.commit(work, { ".github/workflows/new.yml": "on: push\n" });
  expect(await refused(rig, work, "HEAD:one")).toContain("The operator was asked.");
  await fresh();
  execFileSync("sh", ["-c", "mkdir -p .github/workflows && git mv run.yml .github/workflows/"], { cwd: work });
  await rig.commit(work, {});
  await refused(rig, work, "HEAD:one");
  await fresh();
  await must(rig.git(work, "mv", "plain", ".github"));
  await rig.commit(work, {});
  await refused(rig, work, "HEAD:one");
  await fresh();
  await must(rig.git(work, "checkout", "--quiet", "-b", "side"));
  await rig.commit(work, { ".github/workflows/side.yml": "on: push\n" });
  await must(rig.git(work, "checkout", "--quiet", "-B", "one", "origin/main"));
  await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "merge", "--quiet", "-s", "ours", "-m", "merge", "side"));
  await refused(rig, work, "HEAD:one");
  expect(held).toEqual([".github/workflows/new.yml", ".github/workflows/run.yml", ".github/workflows/run.yml", ".github/workflows/side.yml"]);
  await fresh();
  await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "push", "origin", "HEAD:two"));
});

test("what runs elsewhere or leads there waits whatever its kind, also in other capitals, and what only looks like it does not", async () => {
  const paths = [
    ".GitHub/Workflows/a.yml", ".circleci/config.yml", ".forgejo/workflows/a.yml", ".githooks/pre-push", ".github/actions/x/action.yml", ".gitlab-ci.yml", ".gitlab/ci/a.yml", ".gitmodules", ".husky/pre-commit",
    ".lefthook.yml", ".lfsconfig", ".pre-commit-config.yaml", "Jenkinsfile", "hooks/post-receive", "lefthook.yaml",
  ];
  const held: (readonly string[])[] = [];
  await using rig = await startGateRig({ repository: { review: true }, gate: { held: { ...nothingReleased, hold: ({ review }) => Promise.resolve(`Asked ${held.push(review)}.`) } } });
  const work = await rig.clone("work");
  await rig.commit(work, Object.fromEntries(paths.map((path) => [path, "x\n"])));
  expect(await refused(rig, work, "HEAD:one")).toContain("held: the operator looks at changes of these first");
  expect(held).toEqual([[...paths].sort()]);
  await must(rig.git(work, "reset", "--quiet", "--hard", "origin/main"));
  await rig.commit(work, { "src/hooks/use-it.ts": "x\n", ".github/workflows.md": "x\n", "docs/.gitlab-ci.yml": "x\n" });
  await must(rig.git(work, "push", "origin", "HEAD:one"));
});

test("a push that the operator released goes, as it is and no other, and may be tried again until the upstream has taken it", async () => {
  const released = new Set<string>();
  const taken: string[] = [];
  const key = (updates: readonly { readonly new?: string }[]): string => updates.map((update) => update.new).join();
  await using rig = await startGateRig({ gate: { ...gate, held: {
    isReleased: ({ updates }) => Promise.resolve(released.has(key(updates))), taken: ({ updates }) => void taken.push(key(updates)), hold: () => Promise.resolve("Asked."),
  } } });
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": secret });
  await refused(rig, work, "HEAD:one");
  released.add(id);
  const other = await rig.commit(work, { "b.txt": "b" });
  await refused(rig, work, `${other}:refs/heads/one`);
  const hook = join(rig.upstream, "hooks", "pre-receive");
  writeFileSync(hook, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  expect((await rig.git(work, "push", "origin", `${id}:refs/heads/one`)).err).toContain("the upstream did not take it");
  expect(taken).toEqual([]);
  rmSync(hook);
  await must(rig.git(work, "push", "origin", `${id}:refs/heads/one`));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
  expect(taken).toEqual([id]);
});

function packed(command: string, name: string, content: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "bottle-gate-pack-"));
  try {
    writeFileSync(join(folder, name), content);
    return execFileSync("sh", ["-c", `${command} "$1"`, "sh", name], { cwd: folder, maxBuffer: 10_000_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// PKWARE APPNOTE 4.3.7: one local header is all that a scan needs.
function zip(name: string, content: Buffer): Buffer {
  const data = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.write("PK\x03\x04", "latin1");
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(content.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), data]);
}
