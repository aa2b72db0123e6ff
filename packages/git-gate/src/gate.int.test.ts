import { execFileSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { must, startGateRig } from "./testing/gate-rig.ts";

const secret = "Zq7-gate-known-value-93kd02";
const secrets = { secrets: () => [{ name: "DEPLOY_TOKEN", value: secret }] };

test("a clone, a push and a fetch go through the gate to a real sshd, and are told", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "src/a.ts": "export const a = 1;\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:refs/heads/agent/one");
  expect(pushed).toMatchObject({ code: 0 });
  expect(await rig.upstreamRef("refs/heads/agent/one")).toBe(id);
  const other = await rig.clone("other");
  expect((await must(rig.git(other, "rev-parse", "origin/agent/one"))).out.trim()).toBe(id);
  const main = await rig.upstreamRef("refs/heads/main");
  expect(rig.events.filter(({ op, objects }) => op === "fetch" && objects !== undefined)).toEqual([
    { op: "fetch", repository: "app", decision: "allow", reason: "served", refs: [{ ref: "refs/heads/main", new: main }], objects: 3 },
    { op: "fetch", repository: "app", decision: "allow", reason: "served", refs: [{ ref: "refs/heads/agent/one", new: id }, { ref: "refs/heads/main", new: main }], objects: 7 },
  ]);
  expect(rig.events.map(({ op, decision, reason }) => `${op} ${decision} ${reason}`)).toContain("push allow accepted");
  expect(rig.events.find(({ op }) => op === "push")).toMatchObject({ refs: [{ ref: "refs/heads/agent/one", new: id }], objects: 4 });
});

test.each([
  ["a file", { "config.ts": `const token = "${secret}";\n` }],
  ["a binary", { "data.bin": Buffer.concat([Buffer.from([0, 1, 2, 0]), Buffer.from(secret), Buffer.from([0, 0])]) }],
  ["UTF-16", { "notes.txt": Buffer.from(`\ufeffthe token is ${secret}`, "utf16le") }],
  ["gzip", { "dump.gz": gzipSync(Buffer.from(`x`.repeat(100) + secret)) }],
  ["base64", { "blob.txt": Buffer.from(`-- ${secret} --`).toString("base64") }],
  ["a file's name", { [`keys/${secret}.txt`]: "nothing\n" }],
  ["a form with a checksum", { "a.env": "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY\nAWS_ACCESS_KEY_ID=AKIAQYLPMN5HHHFPZAM2\n" }],
])("a secret in %s stops a push, also if a later commit removes it, and nothing of it is told", async (_, files) => {
  await using rig = await startGateRig({ gate: secrets });
  const work = await rig.clone("work");
  await rig.commit(work, files);
  await must(rig.git(work, "rm", "--quiet", "-r", "."));
  await rig.commit(work, { "fine.txt": "fine\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:refs/heads/agent/one");
  expect(pushed.code).not.toBe(0);
  expect(pushed.err).toContain("refused: the push brings what must not leave");
  expect(pushed.err).not.toContain(secret);
  expect(await rig.upstreamRef("refs/heads/agent/one")).toBe("");
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "secret-found" });
  expect(JSON.stringify(rig.events)).not.toContain(secret);
});

test("a secret in a commit's message, a tag's message or an author's name stops a push", async () => {
  await using rig = await startGateRig({ gate: secrets, repository: { tags: true } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" }, `use ${secret}`);
  expect((await rig.git(work, "push", "origin", "HEAD:refs/heads/one")).err).toContain("holds DEPLOY_TOKEN");
  await must(rig.git(work, "reset", "--quiet", "--hard", "origin/main"));
  await must(rig.git(work, "tag", "-a", "v1", "-m", `tag ${secret}`));
  expect((await rig.git(work, "push", "origin", "v1")).err).toContain("holds DEPLOY_TOKEN");
  await must(rig.git(work, "-c", `user.name=${secret}`, "commit", "--quiet", "--allow-empty", "-m", "b", `--author=${secret} <a@b.c>`));
  expect((await rig.git(work, "push", "origin", "HEAD:refs/heads/two")).err).toContain("holds DEPLOY_TOKEN");
});

test("the answer says rule, path, line and commit", async () => {
  await using rig = await startGateRig({ gate: secrets });
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "src/deep/config.ts": `one\ntwo\nconst token = "${secret}";\n` });
  const { err } = await rig.git(work, "push", "origin", "HEAD:refs/heads/one");
  expect(err).toContain(`src/deep/config.ts:3 holds DEPLOY_TOKEN, commit ${id.slice(0, 12)}`);
});

test("what hides behind refs/replace is found, and such refs cannot be pushed", async () => {
  await using rig = await startGateRig({ gate: secrets });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": `${secret}\n` });
  const blob = (await must(rig.git(work, "rev-parse", "HEAD:a.txt"))).out.trim();
  const harmless = execFileSync("git", ["hash-object", "-w", "--stdin"], { cwd: work, input: "harmless\n", encoding: "utf8" }).trim();
  await must(rig.git(work, "replace", blob, harmless));
  expect((await rig.git(work, "push", "origin", `refs/replace/${blob}`)).err).toContain("Only branches and tags");
  expect((await rig.git(work, "push", "origin", "HEAD:refs/heads/one")).code).not.toBe(0);
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
});

test("branches, tags, deletes and rewinds follow the rules", async () => {
  await using rig = await startGateRig({ repository: { push: ["agent/**"], force: ["agent/free"], delete: ["agent/free"] } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  expect((await rig.git(work, "push", "origin", "HEAD:main")).err).toContain("may not be pushed");
  await must(rig.git(work, "tag", "v1"));
  expect((await rig.git(work, "push", "origin", "v1")).err).toContain("takes no tags");
  await must(rig.git(work, "push", "origin", "HEAD:agent/free", "HEAD:agent/kept"));
  await must(rig.git(work, "commit", "--quiet", "--amend", "-m", "another"));
  expect((await rig.git(work, "push", "--force", "origin", "HEAD:agent/kept")).err).toContain("drops commits");
  await must(rig.git(work, "push", "--force", "origin", "HEAD:agent/free"));
  expect((await rig.git(work, "push", "origin", ":agent/kept")).err).toContain("may not be deleted");
  await must(rig.git(work, "push", "origin", ":agent/free"));
  expect(await rig.upstreamRef("refs/heads/agent/free")).toBe("");
});

test("an upstream that refuses is heard, and the gate keeps nothing of the push", async () => {
  await using rig = await startGateRig();
  await writeFile(`${rig.upstream}/hooks/pre-receive`, "#!/bin/sh\necho 'only on Tuesdays' >&2\nexit 1\n");
  await chmod(`${rig.upstream}/hooks/pre-receive`, 0o755);
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:one");
  expect(pushed.code).not.toBe(0);
  expect(pushed.err).toContain("only on Tuesdays");
  expect((await must(rig.git(work, "ls-remote", "origin", "one"))).out).toBe("");
  expect(rig.events.at(-2)).toMatchObject({ decision: "deny", reason: "upstream-refused" });
});

test("another host key than the pinned one is nobody", async () => {
  await using rig = await startGateRig({ repository: { knownHostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2Zl0nTgmjGMQ2b6zqDkq0mHGzQwQeJxR0CgZ4gO6mB" } });
  const cloned = await rig.git(rig.folder, "clone", rig.url, "work");
  expect(cloned.code).not.toBe(0);
  expect(rig.events.at(-1)).toMatchObject({ op: "fetch", decision: "deny", reason: "upstream-unreachable" });
});
