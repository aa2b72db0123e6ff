import { join } from "node:path";
import { expect, test } from "vitest";
import { must, startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { killProcesses, processesOf } from "../testing/processes.ts";

checkLeaks();
const patience = { timeout: 20_000, interval: 50 };

test("what comes one after the other goes over one connection, which ends with a freeze and with the gate, and one that is killed is made anew", async () => {
  const rig = await startGateRig({ gate: { gitleaks: { use: "off" } } });
  const connections = (): Promise<readonly number[]> => processesOf(join(rig.folder, "gate"), "ControlMaster=yes");
  const tunnels = (): Promise<readonly number[]> => processesOf(join(rig.folder, "gate"), "GATE_DOOR");
  try {
    const work = await rig.clone("work");
    const first = await connections();
    expect(first).not.toEqual([]);
    expect(await tunnels()).toHaveLength(1);
    await rig.commit(work, { "a.txt": "a\n" });
    await must(rig.git(work, "push", "origin", "HEAD:one"));
    expect(await connections()).toEqual(first);
    await killProcesses(join(rig.folder, "gate"), "ControlMaster=yes");
    await must(rig.git(work, "fetch", "origin"));
    const second = await connections();
    expect(second.some((pid) => first.includes(pid))).toBe(false);
    rig.gate.freeze();
    await expect.poll(connections, patience).toEqual([]);
    await expect.poll(tunnels, patience).toEqual([]);
    rig.gate.thaw();
    await must(rig.git(work, "fetch", "origin"));
    expect(await connections()).not.toEqual([]);
  } finally {
    await rig[Symbol.asyncDispose]();
  }
  await expect.poll(connections, patience).toEqual([]);
  await expect.poll(tunnels, patience).toEqual([]);
});
