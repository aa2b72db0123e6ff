import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { type GateRig, startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { type Answer, makeCertificate, startSite } from "../testing/start-site.ts";

checkLeaks();

const line = (text: string): string => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;
const advertised = (lines: string): Answer => ({ type: "application/x-git-upload-pack-advertisement", body: Buffer.from(`${line("# service=git-upload-pack\n")}0000${lines}`) });
const oneBranch = advertised(`${line(`${"1".repeat(40)} refs/heads/main\0agent=x\n`)}0000`);
const treeType = 2;

/** A pack of one tree that says it has so many bytes once it is inflated. */
function packOfTree(bytes: number): Buffer {
  const size = [(treeType << 4) | (bytes % 16)];
  for (let left = Math.floor(bytes / 16); left > 0; left = Math.floor(left / 128)) {
    size[size.length - 1] = (size.at(-1) ?? 0) | 0x80;
    size.push(left % 128);
  }
  const pack = Buffer.concat([Buffer.from("PACK\0\0\0\u0002\0\0\0\u0001", "latin1"), Buffer.from(size), deflateSync(Buffer.alloc(1_000))]);
  return Buffer.concat([pack, createHash("sha1").update(pack).digest()]);
}

/** A gate before an HTTPS server that answers what a test says. */
async function startHostile(answer: (url: string) => Answer | Promise<Answer>): Promise<AsyncDisposable & { readonly rig: GateRig }> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-hostile-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const caFile = await makeCertificate(folder, "localhost");
  const site = stack.use(await startSite(folder, answer));
  const rig = stack.use(await startGateRig({
    gate: { gitleaks: { use: "off" }, hosts: { localhost: "127.0.0.1" } },
    repository: { upstream: `https://localhost:${site.port}/app.git`, identityFile: undefined, knownHostKey: undefined, caFile },
  }));
  const resources = stack.move();
  return { rig, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

test("what an upstream says moves no cursor and turns no text round where it is shown", async () => {
  const said = line("\u0002 10%\r100%\rgone \u001b]0;title\u0007 \u009b31m \u202etxt \u2028 größe\n");
  await using hostile = await startHostile((url) => url.endsWith("/git-upload-pack") ? { type: "application/x-git-upload-pack-result", body: Buffer.from(`${line("NAK\n")}${said}`) }
    : advertised(`${line(`${"1".repeat(40)} refs/heads/main\0side-band-64k\n`)}0000`));
  const { err } = await hostile.rig.git(hostile.rig.folder, "clone", hostile.rig.url, "work");
  expect(err).toContain("remote: remote: gone ?]0;title? ?31m ?txt ? größe");
  expect(err).not.toContain("100%");
});

test("packs that an upstream breaks leave nothing on the disk, however often they are fetched", async () => {
  await using hostile = await startHostile((url) => url.endsWith("/git-upload-pack") ? { type: "application/x-git-upload-pack-result", body: Buffer.concat([Buffer.from(line("NAK\n")), packOfTree(2_000)]) } : oneBranch);
  const { rig } = hostile;
  for (const name of ["first", "second"]) expect((await rig.git(rig.folder, "clone", rig.url, name)).err).toContain("502");
  expect(await readdir(join(rig.folder, "gate", "app.git", "objects", "pack"))).toEqual([]);
});

test("an upstream that says a tree is enormous gets no memory for it", async () => {
  await using hostile = await startHostile((url) => url.endsWith("/git-upload-pack") ? { type: "application/x-git-upload-pack-result", body: Buffer.concat([Buffer.from(line("NAK\n")), packOfTree(2 ** 31)]) } : oneBranch);
  const { err } = await hostile.rig.git(hostile.rig.folder, "clone", hostile.rig.url, "work");
  expect(err).toContain("attempting to allocate");
});

test("an upstream that answers nothing holds up no end of the gate", async () => {
  const asked = Promise.withResolvers<void>();
  const never = Promise.withResolvers<Answer>();
  await using hostile = await startHostile((url) => {
    if (!url.endsWith("/git-upload-pack")) return oneBranch;
    asked.resolve();
    return never.promise;
  });
  const { rig } = hostile;
  const cloning = rig.git(rig.folder, "clone", rig.url, "work");
  await asked.promise;
  const begun = performance.now();
  await hostile[Symbol.asyncDispose]();
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect((await cloning).code).not.toBe(0);
});
