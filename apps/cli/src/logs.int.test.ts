import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";
import { runInProcess } from "./testing/in-process.ts";

const patience = { timeout: 20_000 };
const get = (path: string): string => `curl -sS -o /dev/null http://nowhere.example.com/${path}`;

describe("logs --follow", { timeout: 60_000 }, () => {
  test("shows each line once, as it comes, over the bottle's end and its next run, until it is interrupted", async ({ rig }) => {
    await rig.agent(`echo run >> ~/runs; n=$(wc -l < ~/runs); ${get("first-$n")}; echo up > up; until [ -e go ]; do sleep 0.05; done; rm go; ${get("second-$n")}`);
    expect(await rig.run(["start", "dev", "--yes", "--detach"])).toMatchObject({ status: 0 });
    const work = join(rig.home, "state", rig.only(), "workspace");
    await expect.poll(() => existsSync(join(work, "up")), patience).toBe(true);
    const following = runInProcess(rig.home, ["logs", rig.only(), "--denied", "--follow"], { cwd: rig.project });
    const shown = (): readonly (string | undefined)[] => following.out().split("\n").filter(Boolean).map((line) => /\/(\S+) {2}403/.exec(line)?.[1]);
    await expect.poll(shown, patience).toEqual(["first-1"]);
    writeFileSync(join(work, "go"), "");
    await expect.poll(shown, patience).toEqual(["first-1", "second-1"]);
    await expect.poll(async () => (await rig.list())[0]?.status, patience).toBe("stopped");
    writeFileSync(join(work, "go"), "");
    expect(await rig.run(["resume", rig.only(), "--yes"])).toMatchObject({ status: 0 });
    await expect.poll(shown, patience).toEqual(["first-1", "second-1", "first-2", "second-2"]);
    following.interrupt();
    expect(await following.ended).toMatchObject({ status: 0 });
  });
});
