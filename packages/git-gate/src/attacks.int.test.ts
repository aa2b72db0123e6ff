import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { type GateRig, must, startGateRig } from "./testing/gate-rig.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
}

function send(rig: GateRig, method: string, path: string, body: Buffer | string = "", headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(rig.url), { method, path, headers, timeout: 30_000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => void (text += chunk.toString("latin1")));
      response.on("close", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const line = (text: string): string => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;
const none = "0".repeat(40);
const pushType = { "content-type": "application/x-git-receive-pack-request" };
const fetchType = { "content-type": "application/x-git-upload-pack-request" };

function pack(rig: GateRig, ...ids: readonly string[]): Buffer {
  return execFileSync("git", ["pack-objects", "--stdout", "-q"], { cwd: join(rig.folder, "work"), input: `${ids.join("\n")}\n` });
}

test("a gate on loopback answers to its address and to localhost, and to no name that somebody else made lead there", async () => {
  await using rig = await startGateRig();
  const { port } = new URL(rig.url);
  const answers = async (host: string): Promise<number> => (await send(rig, "GET", "/app.git/info/refs?service=git-upload-pack", "", { host })).status;
  for (const host of ["rebound.example.com", `rebound.example.com:${port}`, "localhost.example.com", "127.0.0.1.example.com", "127.example.com"]) expect({ host, status: await answers(host) }).toEqual({ host, status: 421 });
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "app.localhost", `[::1]:${port}`]) expect({ host, status: await answers(host) }).toEqual({ host, status: 200 });
});

test("no more connections are held than git would ever open, and git is served once they are gone", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const { hostname, port } = new URL(rig.url);
  const silent = Array.from({ length: 700 }, () => connect(Number(port), hostname).on("error", () => undefined));
  const open = (): number => silent.filter((socket) => !socket.destroyed && socket.readyState === "open").length;
  try {
    await Promise.all(silent.map((socket) => once(socket, "connect")));
    await expect.poll(open, { timeout: 10_000 }).toBeLessThanOrEqual(512);
    expect(open()).toBeGreaterThan(400);
  } finally {
    for (const socket of silent) socket.destroy();
  }
  await must(rig.git(work, "fetch", "origin"));
});

test("what is not smart HTTP of a declared repository is nobody's", async () => {
  await using rig = await startGateRig();
  for (const path of ["/app.git/HEAD", "/app.git/info/refs", "/app.git/config", "/app.git/objects/info/packs", "/app.git/../app.hooks/pre-receive", "/app.home/known_hosts", "/other.git/info/refs?service=git-upload-pack", "/app.git/info/refs?service=git-upload-archive", "/%2e%2e/app.git/HEAD"]) {
    expect(await send(rig, "GET", path)).toMatchObject({ status: 404 });
  }
  expect((await send(rig, "POST", "/app.git/git-upload-archive")).status).toBe(404);
});

test("a few bytes of gzip cannot become any number of wishes or refs", async () => {
  await using rig = await startGateRig();
  const bomb = gzipSync(Buffer.from(`${line("command=fetch")}0001${line(`have ${"1".repeat(40)}\n`).repeat(1_000_000)}`));
  expect(bomb.length).toBeLessThan(500_000);
  expect(await send(rig, "POST", "/app.git/git-upload-pack", bomb, { ...fetchType, "content-encoding": "gzip", "git-protocol": "version=2" })).toMatchObject({ status: 400, text: expect.stringContaining("larger than") });
  const refs = gzipSync(Buffer.from(line(`${none} ${"1".repeat(40)} refs/heads/x\n`).repeat(100_000)));
  expect(await send(rig, "POST", "/app.git/git-receive-pack", refs, { ...pushType, "content-encoding": "gzip" })).toMatchObject({ status: 400, text: expect.stringContaining("more refs") });
  expect(await send(rig, "POST", "/app.git/git-receive-pack", "x", { ...pushType, "content-encoding": "br" })).toMatchObject({ status: 415 });
  expect((await send(rig, "POST", "/app.git/git-upload-pack", "no gzip", { ...fetchType, "content-encoding": "gzip" })).text).toContain("gzip is damaged");
  expect((await rig.git(rig.folder, "clone", "--quiet", rig.url, "after")).code).toBe(0);
});

test("push options and signed pushes are not taken, also by who does not ask whether they are", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  expect((await rig.git(work, "push", "-o", "x=y", "origin", "HEAD:one")).code).not.toBe(0);
  expect((await rig.git(work, "push", "--signed=yes", "origin", "HEAD:one")).code).not.toBe(0);
  const body = Buffer.concat([Buffer.from(`${line(`${none} ${id} refs/heads/one\0report-status push-options\n`)}0000${line("x=y")}0000`), pack(rig, id)]);
  expect(await send(rig, "POST", "/app.git/git-receive-pack", body, pushType)).toMatchObject({ status: 400, text: expect.stringContaining("push options") });
  const certificate = ["push-cert\0report-status\n", "certificate version 0.1\n", "nonce x\n", "\n", `${none} ${id} refs/heads/one\n`, "push-cert-end\n"].map(line).join("");
  expect(await send(rig, "POST", "/app.git/git-receive-pack", Buffer.concat([Buffer.from(`${certificate}0000`), pack(rig, id)]), pushType)).toMatchObject({ status: 400, text: expect.stringContaining("signed pushes") });
  expect((await must(rig.git(join(rig.folder, "gate", "app.git"), "count-objects"))).out).toBe("0 objects, 0 kilobytes\n");
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "git-refused" });
});

test("names of refs that are not what they seem are refused", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const push = async (ref: Buffer | string): Promise<Answer> => {
    const text = Buffer.concat([Buffer.from(`${none} ${id} `), Buffer.from(ref), Buffer.from("\0report-status\n")]);
    const objects = execFileSync("git", ["pack-objects", "--stdout", "-q", "--revs"], { cwd: work, input: "HEAD\n" });
    return send(rig, "POST", "/app.git/git-receive-pack", Buffer.concat([Buffer.from((text.length + 4).toString(16).padStart(4, "0")), text, Buffer.from("0000"), objects]), pushType);
  };
  for (const ref of ["HEAD", "refs/notes/commits", "refs/replace/x", "refs/heads/HEAD", "refs/heads/a\u202eb", Buffer.from([...Buffer.from("refs/heads/"), 0xff, 0xfe]), "refs/heads/../../x", "config", "refs/heads/x.lock", "refs/meta/config"]) {
    expect((await push(ref)).text).not.toContain("ok refs");
    expect((await push(ref)).text).not.toContain("ok HEAD");
  }
  expect((await must(rig.git(rig.upstream, "for-each-ref", "--format=%(refname)"))).out).toBe("refs/heads/main\n");
});

test("a branch or tag that is called like a commit takes the place of none: it cannot be made, and one at the upstream leads no push elsewhere", async () => {
  await using rig = await startGateRig({ repository: { tags: true } });
  const seed = join(rig.folder, "seed");
  const first = (await must(rig.git(seed, "rev-parse", "HEAD"))).out.trim();
  await rig.commit(seed, { "a.txt": "a\n" });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main"));
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "b.txt": "b\n" });
  for (const ref of [`refs/heads/${id}`, `refs/tags/${id}`, `refs/heads/${"a".repeat(64)}`, "refs/heads/refs/heads/main"]) {
    expect((await rig.git(work, "push", "origin", `${first}:${ref}`)).err).toContain("is called like an object");
    expect(await rig.upstreamRef(ref)).toBe("");
  }
  await must(rig.git(rig.upstream, "update-ref", `refs/heads/${id}`, first));
  await must(rig.git(work, "push", "origin", "HEAD:main"));
  expect(await rig.upstreamRef("refs/heads/main")).toBe(id);
});

test("what the upstream has taken away is new again, also to who leaves the first step of a push out", async () => {
  const secret = "Zq7-gate-known-value-93kd02";
  await using rig = await startGateRig({ gate: { secrets: () => [{ name: "DEPLOY_TOKEN", value: secret }] } });
  const seed = join(rig.folder, "seed");
  const id = await rig.commit(seed, { "old.txt": secret });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:leaked"));
  const work = await rig.clone("work");
  await must(rig.git(seed, "push", "--quiet", "origin", ":leaked"));
  // Begun anew on what is there, it has asked the upstream nothing yet.
  await rig.gate.reload([{ ...rig.repository, tags: true }]);
  const objects = execFileSync("git", ["pack-objects", "--stdout", "-q", "--revs"], { cwd: work, input: `${id}\n` });
  const { text } = await send(rig, "POST", "/app.git/git-receive-pack", Buffer.concat([Buffer.from(`${line(`${none} ${id} refs/heads/again\0report-status\n`)}0000`), objects]), pushType);
  expect(text).toContain("ng refs/heads/again");
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "secret-found" });
  expect(await rig.upstreamRef("refs/heads/again")).toBe("");
});

test("a name with line ends in it hides none of the refs behind it from the gate, wherever the pipe to it is full", async () => {
  const secret = "Zq7-gate-known-value-93kd02";
  await using rig = await startGateRig({ gate: { secrets: () => [{ name: "DEPLOY_TOKEN", value: secret }] } });
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const evil = await rig.commit(work, { "b.txt": secret });
  const objects = execFileSync("git", ["pack-objects", "--stdout", "-q", "--revs"], { cwd: work, input: `${evil}\n` });
  // git writes a line for each to its hook: these fill a pipe, and the last of them ends it with an empty one.
  const pipeBytes = 65_536;
  const lineBytes = 1_024;
  const names = Array.from({ length: pipeBytes / lineBytes - 1 }, (_, index) => `refs/heads/n${String(index).padStart(2, "0")}/${`${"x".repeat(200)}/`.repeat(4)}`.padEnd(lineBytes - 83, "y"));
  const last = `${"refs/heads/n".padEnd(200, "z")}/`.repeat(4).padEnd(lineBytes - 84, "z");
  const commands = [...names, `${last}\n`].map((name) => `${none} ${id} ${name}`);
  const head = [...commands, `${none} ${evil} refs/heads/evil`].map((text, index) => line(`${text}${index === 0 ? "\0report-status" : ""}\n`)).join("");
  await send(rig, "POST", "/app.git/git-receive-pack", Buffer.concat([Buffer.from(`${head}0000`), objects]), pushType);
  expect((await must(rig.git(join(rig.folder, "gate", "app.git"), "for-each-ref", "--format=%(refname)"))).out).toBe("refs/heads/main\n");
  await send(rig, "POST", "/app.git/git-receive-pack", Buffer.concat([Buffer.from(`${line(`${none} ${evil} refs/heads/two\0report-status\n`)}0000`), objects]), pushType);
  expect(await rig.upstreamRef("refs/heads/two")).toBe("");
});

test("a name in another script arrives as it is", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "größe.txt": "a\n" });
  await must(rig.git(work, "push", "origin", "HEAD:refs/heads/agent/größe-日本"));
  expect(await rig.upstreamRef("refs/heads/agent/größe-日本")).toBe(id);
});

test("more refs at once than can be judged are refused, before any is looked at", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const refs = Array.from({ length: 1_001 }, (_, index) => `HEAD:refs/heads/b${index}`);
  expect((await rig.git(work, "push", "origin", ...refs)).err).toContain("1001 refs; 1000 are taken at once");
});

test("a damaged pack, one that says it is enormous, and one with a bad tree are refused, and leave nothing", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const head = Buffer.from(`${line(`${none} ${id} refs/heads/one\0report-status\n`)}0000`);
  const good = pack(rig, id);
  const damaged = Buffer.from(good);
  damaged.writeUInt8((damaged.at(20) ?? 0) ^ 0xff, 20);
  const enormous = Buffer.from(good);
  enormous.writeUInt32BE(0xffff_fff0, 8);
  for (const objects of [damaged, enormous, good.subarray(0, good.length - 30), Buffer.from("PACK")]) {
    expect((await send(rig, "POST", "/app.git/git-receive-pack", Buffer.concat([head, objects]), pushType)).text).not.toContain("ok refs/heads/one");
  }
  const blob = (await must(rig.git(work, "rev-parse", "HEAD:a.txt"))).out.trim();
  for (const name of [".git", "..", ".GIT"]) {
    const tree = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, "hex")]);
    const treeId = execFileSync("git", ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], { cwd: work, input: tree, encoding: "utf8" }).trim();
    const bad = (await must(rig.git(work, "commit-tree", "-m", "bad", treeId))).out.trim();
    expect((await rig.git(work, "push", "origin", `${bad}:refs/heads/one`)).code).not.toBe(0);
  }
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  expect(await quarantines(rig)).toEqual([]);
});

test("what is over the limits is refused, with the limit", async () => {
  await using rig = await startGateRig({ gate: { limits: { objects: 20, objectBytes: 100_000, bytes: 300_000, packBytes: 2_000_000 } } });
  const work = await rig.clone("work");
  const push = async (files: Readonly<Record<string, Buffer | string>>): Promise<string> => {
    await must(rig.git(work, "reset", "--quiet", "--hard", "origin/main"));
    await rig.commit(work, files);
    return (await rig.git(work, "push", "origin", "HEAD:one")).err;
  };
  const noise = (length: number): Buffer => execFileSync("head", ["-c", String(length), "/dev/urandom"], { maxBuffer: 10_000_000 });
  expect(await push({ "large.txt": "a".repeat(100_001) })).toContain("large.txt has 100001 bytes; 100000 are read of one");
  expect(await push(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, `${index}`])))).toContain("more than 20 objects");
  expect(await push(Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`f${index}`, `${index}`.repeat(90_000)])))).toContain("more than 300000 bytes");
  expect(await push({ "pack.bin": noise(3_000_000) })).not.toContain("one -> one");
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
});

test("an upload that stops half-way holds nobody up, and nothing of it stays", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const url = new URL(rig.url);
  const slow = connect(Number(url.port), url.hostname);
  const head = `${line(`${none} ${id} refs/heads/slow\0report-status\n`)}0000PACK`;
  slow.write(`POST /app.git/git-receive-pack HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: ${pushType["content-type"]}\r\nContent-Length: 100000\r\n\r\n${head}`);
  await delay(300);
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
  slow.destroy();
  await once(slow, "close");
  await expect.poll(() => rig.events.at(-1), { timeout: 5_000 }).toMatchObject({ op: "push", decision: "deny", reason: "broken-off" });
  await expect.poll(() => quarantines(rig)).toEqual([]);
});

test("while it is frozen nothing is fetched or pushed, and afterwards all is", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  rig.gate.freeze();
  expect((await rig.git(work, "push", "origin", "HEAD:one")).code).not.toBe(0);
  expect((await rig.git(work, "fetch", "origin")).err).toContain("503");
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  rig.gate.thaw();
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
});

test("what cannot be recorded is not pushed, and freezes the gate", async () => {
  await using rig = await startGateRig({ gate: { onEvent: ({ op, decision }) => {
    if (op === "push" && decision === "allow") throw new Error("The disk is full.");
  } } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  expect((await rig.git(work, "push", "origin", "HEAD:one")).err).toContain("could not be recorded");
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  expect((await rig.git(work, "fetch", "origin")).err).toContain("503");
});

test("Git LFS is answered with a reason, and its pointers do not pass", async () => {
  await using rig = await startGateRig();
  expect(await send(rig, "POST", "/app.git/info/lfs/objects/batch", "{}")).toMatchObject({ status: 501, text: expect.stringContaining("takes no Git LFS objects") });
  const work = await rig.clone("work");
  await rig.commit(work, { "big.bin": `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12\n` });
  expect((await rig.git(work, "push", "origin", "HEAD:one")).err).toContain("big.bin is a pointer to Git LFS");
});

test("a push that finds another way to the repository is refused by its hook", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  const pushed = await rig.git(work, "push", join(rig.folder, "gate", "app.git"), "HEAD:refs/heads/one");
  expect(pushed.code).not.toBe(0);
  await writeFile(join(work, "said"), "accept\naccept\n");
  execFileSync("sh", ["-c", `! git push "$1" HEAD:refs/heads/one 3>/dev/null 4<&-`, "sh", join(rig.folder, "gate", "app.git")], { cwd: work, stdio: "ignore" });
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
});

async function quarantines(rig: GateRig): Promise<readonly string[]> {
  return (await readdir(join(rig.folder, "gate", "app.git", "objects"))).filter((name) => name.startsWith("tmp_"));
}
