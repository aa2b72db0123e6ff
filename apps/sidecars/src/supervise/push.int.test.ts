import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGateRig } from "../testing/gate-rig.ts";
import { listed, startSuperviseRig } from "../testing/supervise-rig.ts";

const idIn = (text: string): string => /push (h-[0-9a-f]{12})/.exec(text)?.[1] ?? "";

test("a held push is released by the operator: exactly its objects, once", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "bottle-push-"));
  try {
    await using gate = await startGateRig(folder);
    await using rig = await startSuperviseRig({ more: (config) => ({ ...config, listen: { ...config.listen, gitGate: gate.config.gitGate }, ...(gate.config.git && { git: gate.config.git }) }) });
    const ask = (push: string): ReturnType<typeof rig.agent.call> => rig.agent.call("push-block", { push, justification: "It is a fixture." });
    const held = await gate.push("agent/one", `${listed}\n`);
    expect([held.code, held.err]).toEqual([1, expect.stringContaining("ask the operator to release it with the MCP tool push-block of the server supervise")]);
    const id = idIn(held.err);
    expect(await ask("h-000000000000")).toMatchObject({ state: "refused" });

    const answer = ask(id);
    await expect.poll(() => rig.proposals(), { timeout: 5_000 }).toMatchObject([{ state: "pending", ask: { kind: "push", push: { repository: "app", updates: [{ ref: "refs/heads/agent/one" }], findings: [{ rule: "listed", path: "file.txt" }] } } }]);
    expect(JSON.stringify(await rig.proposals())).not.toContain(listed);
    const [proposal] = await rig.proposals();
    if (proposal === undefined) throw new Error("Nothing waits.");
    const again = await gate.git("work-1", "push", "origin", "HEAD:refs/heads/agent/one");
    expect([again.code, idIn(again.err)]).toEqual([1, id]);
    expect(await rig.approve(proposal)).toMatchObject({ ok: true, proposal: { state: "applied" } });
    expect(await answer).toMatchObject({ state: "approved" });

    // Another branch, or another object, is another push.
    const other = await gate.git("work-1", "push", "origin", "HEAD:refs/heads/agent/two");
    expect([other.code, idIn(other.err) === id]).toEqual([1, false]);
    expect((await gate.push("agent/one", `${listed} and more\n`)).code).toBe(1);
    expect((await gate.git("work-1", "push", "origin", "HEAD:refs/heads/agent/one")).code).toBe(0);
    expect(await gate.branch("agent/one")).toBe((await gate.git("work-1", "rev-parse", "HEAD")).out.trim());
    expect(await ask(id)).toMatchObject({ state: "refused" });

    // Held in this process alone.
    await rig.restart();
    expect(await rig.agent.call("push-block", { push: idIn(other.err), justification: "x" })).toMatchObject({ state: "refused" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
