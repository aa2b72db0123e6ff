import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditRecord } from "@bottle/manifest";
import { parseAuditLine } from "@bottle/manifest/state";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDevRig, createDevRig, test as withRig, type DevRig } from "./testing/dev-bottle.ts";

const auditOf = (rig: DevRig, identity: string): string => join(rig.home, "state", identity, "audit.jsonl");
const witnessOf = (rig: DevRig, identity: string): string => join(rig.home, "witness", `${identity}.jsonl`);
const linesOf = (rig: DevRig, identity: string): readonly string[] => readFileSync(auditOf(rig, identity), "utf8").trimEnd().split("\n");
const lifeOf = (rig: DevRig, identity: string): readonly string[] => linesOf(rig, identity).map(parseAuditLine)
  .flatMap(({ event }) => (event.type === "lifecycle" ? [`${event.event}${event.event.startsWith("agent-") ? ` ${event.detail}` : ""}`] : []));

/** A bottle that asked for one host and ended. */
async function ended(rig: DevRig): Promise<string> {
  await rig.agent("test -e ~/wait && exec sleep 600; curl -s -o /dev/null https://elsewhere.example.com/; exit 3");
  const { status, stderr } = await rig.run(["start", "dev", "--yes", "--workspace", "none"]);
  expect({ status, stderr }).toMatchObject({ status: 3, stderr: expect.stringContaining("0 requests allowed, 1 denied, ") as string });
  return rig.only();
}

describe("of a bottle that ended", () => {
  let rig: DevRig;
  let identity: string;
  let lines: readonly string[];
  beforeAll(async () => {
    rig = await createDevRig();
    identity = await ended(rig);
    lines = linesOf(rig, identity);
  }, 60_000);
  afterAll(() => closeDevRig(rig));
  const records = async (...flags: readonly string[]): Promise<readonly AuditRecord[]> =>
    (await rig.run(["audit", "show", identity, "--json", ...flags])).stdout.split("\n").filter(Boolean).map(parseAuditLine);

  test("its life is on record in order, and its record is whole", async () => {
    expect(lifeOf(rig, identity)).toEqual(["launch", "ready", "agent-start /bin/sh", "agent-exit exit status 3", "stop"]);
    const whole = new RegExp(`^${identity}: whole: \\d+ lines in 1 file, 1 start, ended in order\n$`);
    expect(await rig.run(["audit", "verify", identity])).toMatchObject({ status: 0, stdout: expect.stringMatching(whole) as string });
  });

  test("the record is shown as it is, from a moment on, and what was refused alone", async () => {
    expect(await records()).toEqual(lines.map(parseAuditLine));
    expect((await records("--denied")).map(({ event }) => event)).toMatchObject([{ type: "network", decision: "deny", host: "elsewhere.example.com" }]);
    expect(await records("--since", "2999-01-01")).toEqual([]);
    expect((await rig.run(["audit", "show", identity, "--since", "1h"])).stdout).toMatch(/^ +\d+ {2}\S+ {2}lifecycle {2}ready$/m);
  });

  test("a changed line, lines cut off, a log or a folder that is gone, and a witness that is gone: each shows", async () => {
    const folder = join(rig.home, "state", identity);
    const witness = readFileSync(witnessOf(rig, identity));
    const attempts: readonly (readonly [string, () => void])[] = [
      ["broken at line", () => writeFileSync(auditOf(rig, identity), `${lines.join("\n").replace("elsewhere", "somewhere")}\n`)],
      ["lines were cut off its end", () => writeFileSync(auditOf(rig, identity), `${lines.slice(0, -2).join("\n")}\n`)],
      [`lines were cut off its end. If you removed this bottle yourself, remove ${witnessOf(rig, identity)} as well.`, () => renameSync(folder, join(rig.home, "gone"))],
      ["unproven", () => rmSync(witnessOf(rig, identity))],
    ];
    for (const [said, attempt] of attempts) {
      attempt();
      expect(await rig.run(["audit", "verify", "--all"])).toMatchObject({ status: 7, stdout: expect.stringContaining(said) as string });
      if (existsSync(join(rig.home, "gone"))) renameSync(join(rig.home, "gone"), folder);
      writeFileSync(auditOf(rig, identity), `${lines.join("\n")}\n`);
      writeFileSync(witnessOf(rig, identity), witness);
    }
    expect(await rig.run(["audit", "verify", identity])).toMatchObject({ status: 0 });
  });

  test("what cannot be verified or shown is said", async () => {
    expect(await rig.run(["audit", "show", identity, "--since", "yesterday"])).toMatchObject({ status: 2, stderr: expect.stringContaining("--since does not take \"yesterday\"") as string });
    expect(await rig.run(["audit", "verify"])).toMatchObject({ status: 2 });
    expect(await rig.run(["audit", "verify", "dev-nnnnn"])).toMatchObject({ status: 6 });
  });

  test("once it is purged, its witness is gone with it", async () => {
    expect(await rig.run(["cleanup", "--purge", identity, "--yes"])).toMatchObject({ status: 0 });
    expect(existsSync(witnessOf(rig, identity))).toBe(false);
  });
});

withRig("a resumed bottle goes on with its record; after a crash the record says so, and what that leaves unproven", async ({ rig }) => {
  const identity = await ended(rig);
  expect(await rig.run(["resume", identity, "--yes"])).toMatchObject({ status: 3, stderr: expect.stringContaining("0 requests allowed, 1 denied, ") as string });
  const wait = join(rig.home, "state", identity, "agent/wait");
  writeFileSync(wait, "");
  const kept = rig.start(["resume", identity, "--yes"]);
  await expect.poll(() => lifeOf(rig, identity).filter((step) => step.startsWith("agent-start")).length, { timeout: 60_000 }).toBe(3);
  expect(await rig.run(["audit", "verify", identity])).toMatchObject({ status: 0, stdout: expect.stringContaining("not ended in order or still running") as string });
  process.kill(Number((await rig.metadata(identity)).resources["sidecarsPid"]), "SIGKILL");
  await expect.poll(() => readFileSync(witnessOf(rig, identity), "utf8"), { timeout: 10_000 }).toContain("\"died\":\"ended by SIGKILL\"");
  for (const pid of [...await rig.processes(identity), ...(kept.pid === undefined ? [] : [kept.pid])]) process.kill(pid, "SIGKILL");
  await rig.run(["cleanup", "--yes"]);
  appendFileSync(auditOf(rig, identity), "{\"seq\":");
  rmSync(wait);
  expect(await rig.run(["resume", identity, "--yes"])).toMatchObject({ status: 3 });
  expect(lifeOf(rig, identity).slice(-8)).toEqual(["agent-start /bin/sh", "crash", "resume", "sidecars-died", "ready", "agent-start /bin/sh", "agent-exit exit status 3", "stop"]);
  const { status, stdout } = await rig.run(["audit", "verify", "--all", "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ identity, verdict: "whole", launches: 4, closed: true, tail: 0 }]);
}, 180_000);
