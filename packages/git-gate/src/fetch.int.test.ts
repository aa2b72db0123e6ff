import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must, startGateRig } from "./testing/gate-rig.ts";

test("shallow and partial clones, and what they fetch later, go through the gate, and a push from them", async () => {
  await using rig = await startGateRig();
  const seed = join(rig.folder, "seed");
  for (const text of ["one", "two", "three"]) await rig.commit(seed, { "a.txt": `${text}\n` });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main"));
  const shallow = await rig.clone("shallow", "--depth", "1");
  expect((await must(rig.git(shallow, "rev-list", "--count", "HEAD"))).out).toBe("1\n");
  const id = await rig.commit(shallow, { "b.txt": "b\n" });
  await must(rig.git(shallow, "push", "origin", "HEAD:from-shallow"));
  expect(await rig.upstreamRef("refs/heads/from-shallow")).toBe(id);
  await must(rig.git(shallow, "fetch", "--unshallow"));
  const partial = await rig.clone("partial", "--filter=blob:none", "--no-checkout");
  expect((await must(rig.git(partial, "show", "HEAD~1:a.txt"))).out).toBe("two\n");
  const other = await rig.commit(partial, { "c.txt": "c\n" });
  await must(rig.git(partial, "push", "origin", "HEAD:from-partial"));
  expect(await rig.upstreamRef("refs/heads/from-partial")).toBe(other);
});

test.each(["0", "1", "2"])("protocol version %s is spoken", async (version) => {
  await using rig = await startGateRig();
  await must(rig.git(rig.folder, "-c", `protocol.version=${version}`, "clone", "--quiet", rig.url, "work"));
  const work = join(rig.folder, "work");
  await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "-c", `protocol.version=${version}`, "push", "origin", "HEAD:one"));
});

test("many fetch at once, and pushes at once go one after the other, none lost", async () => {
  await using rig = await startGateRig();
  await Promise.all(Array.from({ length: 8 }, (_, index) => rig.clone(`c${index}`)));
  const ids = await Promise.all(Array.from({ length: 6 }, (_, index) => rig.commit(join(rig.folder, `c${index}`), { [`f${index}.txt`]: `${index}\n` })));
  const pushed = await Promise.all(ids.map((_, index) => rig.git(join(rig.folder, `c${index}`), "push", "origin", `HEAD:refs/heads/b${index}`)));
  expect(pushed.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  for (const [index, id] of ids.entries()) expect(await rig.upstreamRef(`refs/heads/b${index}`)).toBe(id);
  const raced = await Promise.all(ids.map((_, index) => rig.git(join(rig.folder, `c${index}`), "push", "origin", "HEAD:refs/heads/race")));
  expect(raced.filter(({ code }) => code === 0)).toHaveLength(1);
  expect(ids).toContain(await rig.upstreamRef("refs/heads/race"));
}, 60_000);

test("what changes at the upstream is there at the next fetch, also what is gone", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const seed = join(rig.folder, "seed");
  const id = await rig.commit(seed, { "a.txt": "a\n" });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main", "HEAD:other", "HEAD:refs/tags/v1"));
  await must(rig.git(work, "fetch", "--quiet", "--tags"));
  expect((await must(rig.git(work, "rev-parse", "origin/main", "v1"))).out).toBe(`${id}\n${id}\n`);
  await must(rig.git(seed, "push", "--quiet", "origin", ":other"));
  await must(rig.git(work, "fetch", "--quiet", "--prune"));
  expect((await rig.git(work, "rev-parse", "--verify", "origin/other")).code).not.toBe(0);
});

test("a branch that the upstream has replaced by one below its name, or by one above, is in nobody's way", async () => {
  await using rig = await startGateRig();
  const seed = join(rig.folder, "seed");
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:topic", "HEAD:other/one"));
  const work = await rig.clone("work");
  await must(rig.git(seed, "push", "--quiet", "origin", ":topic", ":other/one"));
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:topic/one", "HEAD:other"));
  const id = await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "push", "origin", "HEAD:topic/one"));
  expect(await rig.upstreamRef("refs/heads/topic/one")).toBe(id);
  expect((await must(rig.git(work, "ls-remote", "--heads", "origin"))).out.split(/\s/).filter((word) => word.startsWith("refs/"))).toEqual(["refs/heads/main", "refs/heads/other", "refs/heads/topic/one"]);
});

test("a clone begins with the upstream's own branch, whatever others there are", async () => {
  await using rig = await startGateRig();
  await must(rig.git(join(rig.folder, "seed"), "push", "--quiet", "origin", "HEAD:develop"));
  await must(rig.git(rig.upstream, "symbolic-ref", "HEAD", "refs/heads/develop"));
  expect((await must(rig.git(await rig.clone("work"), "symbolic-ref", "HEAD"))).out).toBe("refs/heads/develop\n");
});

test("an upstream that has nothing yet takes the first push", async () => {
  await using rig = await startGateRig();
  await must(rig.git(rig.upstream, "update-ref", "-d", "refs/heads/main"));
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "push", "origin", "HEAD:main"));
  expect(await rig.upstreamRef("refs/heads/main")).toBe(id);
});

test.each([["refuse", false], ["allow", true]] as const)("an upstream that cannot be reached is said; with stale: %s what is here is served: %s", async (stale, isServed) => {
  await using rig = await startGateRig({ repository: { stale } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  await rig.sshd[Symbol.asyncDispose]();
  const fetched = await rig.git(work, "fetch", "origin");
  expect(fetched.code === 0).toBe(isServed);
  if (!isServed) expect(fetched.err).toContain("The upstream of app cannot be reached");
  expect(rig.events.some(({ reason }) => reason === (isServed ? "upstream-unreachable-stale" : "upstream-unreachable"))).toBe(true);
  const pushed = await rig.git(work, "push", "origin", "HEAD:one");
  expect(pushed.err).toContain("Nothing was pushed");
  expect((await rig.git(rig.folder, "clone", "--quiet", rig.url, "again")).code === 0).toBe(isServed);
});

test("who leaves the first step of a fetch out gets nothing that is stale either", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.upstreamRef("refs/heads/main");
  await rig.sshd[Symbol.asyncDispose]();
  expect((await rig.git(work, "fetch", "origin")).code).not.toBe(0);
  const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, "0")}${text}`;
  const answer = await fetch(`${rig.url}/git-upload-pack`, {
    method: "POST", body: `${line("command=fetch")}0001${line(`want ${id}\n`)}${line("done\n")}0000`,
    headers: { "content-type": "application/x-git-upload-pack-request", "git-protocol": "version=2" },
  });
  expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining("The upstream of app cannot be reached")]);
  expect(rig.events.at(-1)).toMatchObject({ op: "fetch", decision: "deny", reason: "upstream-unreachable" });
});

test("a host key that is nowhere is not taken on trust, and one of the host's known hosts is", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-hosts-"));
  try {
    const hosts = join(folder, "known_hosts");
    await using rig = await startGateRig({ repository: { knownHostKey: undefined, knownHostsFiles: [hosts] } });
    expect((await rig.git(rig.folder, "clone", rig.url, "work")).err).toContain("Host key verification failed");
    await writeFile(hosts, `[127.0.0.1]:${rig.sshd.port} ${rig.sshd.hostKey}\n`);
    await rig.clone("known");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("an upstream that names its objects by SHA-256 is told in a sentence", async () => {
  await using rig = await startGateRig();
  await must(rig.git(rig.folder, "init", "--quiet", "--bare", "--object-format=sha256", "other.git"));
  const seed = join(rig.folder, "seed256");
  await must(rig.git(rig.folder, "init", "--quiet", "--object-format=sha256", seed));
  await rig.commit(seed, { "a.txt": "a\n" });
  await must(rig.git(seed, "push", "--quiet", join(rig.folder, "other.git"), "HEAD:main"));
  await rename(rig.upstream, `${rig.upstream}.old`);
  await rename(join(rig.folder, "other.git"), rig.upstream);
  expect((await rig.git(rig.folder, "clone", rig.url, "work")).err).toContain("names its objects by SHA-256");
});

test("a connection that is lost after the upstream accepted is healed by the next fetch", async () => {
  await using rig = await startGateRig();
  // The upstream takes the push, and whoever sent it never hears of it.
  await writeFile(`${rig.upstream}/hooks/post-update`, "#!/bin/sh\nkill -9 $PPID\n");
  await chmod(`${rig.upstream}/hooks/post-update`, 0o755);
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:refs/heads/one");
  expect(pushed.code).not.toBe(0);
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
  await must(rig.git(work, "fetch", "--quiet", "origin"));
  expect((await must(rig.git(work, "rev-parse", "origin/one"))).out.trim()).toBe(id);
  await writeFile(`${rig.upstream}/hooks/post-update`, "#!/bin/sh\n");
  expect((await must(rig.git(work, "push", "origin", "HEAD:refs/heads/one"))).err).toContain("up-to-date");
});

test("a fetch of an undeclared neighbour goes on to its own server, a push to it is told what to declare", async () => {
  await using rig = await startGateRig();
  const base = rig.url.replace("/app.git", "");
  const place = `127.0.0.1${rig.upstream.replace(/\.git$/, "")}`;
  await must(rig.git(rig.folder, "clone", "--quiet", `${base}/${place}`, "work"));
  await must(rig.git(rig.folder, "clone", "--quiet", `${base}/${place}.git`, "work2"));
  const answer = await fetch(`${base}/${place}2/info/refs?service=git-upload-pack`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, `https://${place}2/info/refs?service=git-upload-pack`]);
  const pushed = await rig.git(join(rig.folder, "work"), "push", `${base}/${place}2`, "HEAD:one");
  expect(pushed.err).toContain("is not declared");
  expect(pushed.err).toContain(`upstream: ${rig.repository.upstream.replace(/\.git$/, "")}2.git`);
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "undeclared" });
  expect((await fetch(`${base}/evil.example.com/acme/app/info/refs?service=git-upload-pack`, { redirect: "manual" })).status).toBe(404);
});

test("a repository over HTTPS is not pushed to, and what to declare is told", async () => {
  await using rig = await startGateRig({ repository: { upstream: "https://h.example.com/acme/app.git", identityFile: undefined, knownHostKey: undefined } });
  const pushed = await rig.git(join(rig.folder, "seed"), "push", rig.url, "HEAD:one");
  expect(pushed.err).toContain("has no credential for HTTPS");
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "https-upstream" });
});
