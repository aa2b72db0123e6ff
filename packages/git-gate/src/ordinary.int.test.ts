import { readFile } from "node:fs/promises";
import { crc32, deflateRawSync, deflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { must, startGateRig } from "./testing/gate-rig.ts";

const lockfile = new URL("../../../pnpm-lock.yaml", import.meta.url);

test("ordinary files pass: a lockfile, a picture, a document, signed commits' text, an empty file, a link and a submodule", async () => {
  await using rig = await startGateRig({ gate: { secrets: () => [{ name: "DEPLOY_TOKEN", value: "Zq7-gate-known-value-93kd02" }] } });
  const work = await rig.clone("work");
  const pixels = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7_919 + (index >> 3)) & 0xff));
  const id = await rig.commit(work, {
    "pnpm-lock.yaml": await readFile(lockfile),
    "a.png": Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", Buffer.from([0, 0, 0, 100, 0, 0, 0, 100, 8, 2, 0, 0, 0])), chunk("IDAT", deflateSync(pixels)), chunk("IEND", Buffer.alloc(0))]),
    "a.docx": Buffer.concat([entry("[Content_Types].xml", "<Types/>"), entry("word/document.xml", "<w>hello world</w>".repeat(5_000))]),
    "empty": "",
    "src/token.ts": "export const tokenName = \"DEPLOY_TOKEN\";\nconst password = process.env.PASSWORD;\n",
  });
  await must(rig.git(work, "update-index", "--add", "--cacheinfo", `160000,${id},module`));
  await must(rig.git(work, "commit", "--quiet", "-m", "Add a module\n\ngpgsig is no header here"));
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(rig.events.at(-1)).toMatchObject({ decision: "allow", reason: "accepted" });
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

// PKWARE APPNOTE 4.3.7
function entry(name: string, text: string): Buffer {
  const data = deflateRawSync(text);
  const header = Buffer.alloc(30);
  header.write("PK\x03\x04", "latin1");
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(text.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), data]);
}
