import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callControl, launchSidecars } from "../index.ts";
import { configIn } from "../testing/rig.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-leave-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("clients that leave before they are answered end nothing but themselves", async () => {
  const config = configIn(folder, "a-token-0123456789");
  await using sidecars = await launchSidecars(config, { logFile: join(folder, "sidecars.log"), ownedBy: "test" });
  for (let client = 0; client < 20; client += 1) {
    const socket = connect({ path: config.control.unix });
    await new Promise<void>((resolve) => socket.write('{"op":"health"}\n'.repeat(50), () => resolve()));
    socket.destroy();
  }
  expect(await callControl(config.control.unix, { op: "health" })).toMatchObject({ ok: true });
  expect(sidecars.pid).toBeGreaterThan(0);
});

test("an answer that is cut off, a connection that breaks and a signal that came before are told to who asked", async () => {
  const path = join(folder, "control.sock");
  const answers = ['{"ok":tr', "", "no JSON\n"];
  const server = createServer((socket) => socket.on("error", () => undefined).once("data", () => socket.end(answers.shift() ?? "")));
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  const failed = { code: "control-failed" };
  for (const _ of [...answers]) await expect(callControl(path, { op: "health" })).rejects.toMatchObject(failed);
  await expect(callControl(path, { op: "health" }, { signal: AbortSignal.abort() })).rejects.toMatchObject(failed);
  const abort = new AbortController();
  const broken = callControl(() => Promise.resolve(connect({ path, signal: abort.signal })), { op: "health" });
  abort.abort();
  await expect(broken).rejects.toMatchObject(failed);
  await new Promise((resolve) => server.close(resolve));
});
