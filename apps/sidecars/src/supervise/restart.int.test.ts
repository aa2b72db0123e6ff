import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SidecarsConfig } from "@bottle/manifest";
import { expect, test, vi } from "vitest";
import { startSuperviseRig, type SuperviseRig } from "../testing/supervise-rig.ts";

// Each starts processes anew.
vi.setConfig({ testTimeout: 60_000 });

// A stand-in that keeps to pipelock's known contract: pipelock itself cannot be installed where this was written.
const standIn = fileURLToPath(new URL("testing/pipelock-stand-in.ts", import.meta.resolve("@bottle/egress-addon")));

function withPipelock(config: SidecarsConfig): SidecarsConfig {
  const folder = join(config.egress.caDirectory, "..");
  const binary = join(folder, "pipelock");
  writeFileSync(binary, `#!/bin/sh\nexec '${process.execPath}' --conditions=@bottle/source '${standIn}' "$@"\n`);
  chmodSync(binary, 0o755);
  return { ...config, egress: { ...config.egress, pipelock: { binary } } };
}

function pipelockPid({ folder }: SuperviseRig): number {
  return Number(execFileSync("pgrep", ["--full", `${folder}/ca/pipelock/pipelock.yaml`], { encoding: "utf8" }).trim());
}

const allowlist = ({ folder }: SuperviseRig): string => readFileSync(join(folder, "ca/pipelock/pipelock.yaml"), "utf8");

test("grants are in force again after a restart, also after a kill; uses are no more than was said, and what has ended meanwhile is not", async () => {
  await using rig = await startSuperviseRig({ routes: [] });
  const [open, twice, brief] = [await rig.grant("a.test"), await rig.grant("b.test", { uses: 2 }), await rig.grant("c.test", { until: new Date(Date.now() + 700).toISOString() })];
  expect([await rig.get("a.test"), await rig.get("b.test")]).toEqual(["200", "200"]);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await rig.restart({ signal: "SIGKILL" });
  expect(await rig.get("c.test")).toBe("no-route");
  expect([await rig.get("a.test"), await rig.get("b.test"), await rig.get("b.test")]).toEqual(["200", "200", "limit-uses"]);
  await expect.poll(() => rig.events(brief.id).at(-1)).toMatchObject({ type: "grant", decision: "expired" });
  await expect.poll(() => rig.grants("b.test"), { timeout: 5_000 }).toEqual([]);
  await expect.poll(() => rig.events(twice.id).at(-1)).toMatchObject({ type: "grant", decision: "used-up" });
  await rig.restart();
  expect(await rig.grants()).toMatchObject([{ proposal: open.id, used: 2 }]);
  expect(await rig.get("a.test")).toBe("200");
});

test("a kill between the file and the reload leaves what was before: nothing was promised yet", async () => {
  await using rig = await startSuperviseRig({ routes: [], more: withPipelock });
  const { proposal, answer } = await rig.ask("a.test");
  answer.catch(() => undefined);
  const pid = pipelockPid(rig);
  process.kill(pid, "SIGSTOP");
  const approval = rig.approve(proposal).catch(() => undefined);
  await expect.poll(() => rig.kept("a.test")).toMatchObject([{ proposal: proposal.id }]);
  expect([await rig.get("a.test"), await rig.grants()]).toEqual(["no-route", []]);
  process.kill(rig.sidecars.pid, "SIGKILL");
  await approval;
  process.kill(pid, "SIGKILL");
  await rig.restart();
  expect([await rig.get("a.test"), await rig.grants(), rig.kept()]).toEqual(["no-route", [], []]);
  expect(await rig.proposals()).toMatchObject([{ id: proposal.id, state: "failed" }]);
  expect(allowlist(rig)).not.toContain("a.test");
});

test("if the second hop does not follow, the old policy stands, the file too, and both sides are told", async () => {
  await using rig = await startSuperviseRig({ routes: [], more: withPipelock });
  const [, revoked] = [await rig.grant("b.test"), await rig.grant("c.test")];
  const { proposal, answer } = await rig.ask("a.test");
  const pid = pipelockPid(rig);
  process.kill(pid, "SIGSTOP");
  let isAnswered = false;
  const approval = rig.approve(proposal).finally(() => {
    isAnswered = true;
    process.kill(pid, "SIGCONT");
  });
  await expect.poll(() => rig.kept("a.test").length).toBe(1);
  // What ends does not wait for what hangs.
  const revocation = rig.order({ op: "revoke", proposal: revoked.id, by: "op@host" });
  await expect.poll(() => rig.get("c.test"), { timeout: 5_000 }).toBe("no-route");
  expect(isAnswered).toBe(false);
  const reply = await approval;
  expect(await revocation).toEqual({ ok: true });
  expect(reply).toMatchObject({ ok: true, proposal: { state: "failed", failure: expect.stringContaining("pipelock did not take the new rules") } });
  expect(await answer).toMatchObject({ state: "failed" });
  expect([await rig.get("a.test"), rig.kept().map(({ route }) => route.host), (await rig.grants()).length]).toEqual(["no-route", ["b.test"], 1]);
  expect(rig.events(proposal.id).at(-1)).toMatchObject({ type: "proposal", state: "failed" });
  await expect.poll(() => allowlist(rig).includes("a.test")).toBe(false);
  await rig.grant("a.test", {}, { justification: "Once more." });
});

test("a grant of the second hop's is a host more there, and no route", async () => {
  const open = (config: SidecarsConfig): SidecarsConfig => {
    const { egress } = withPipelock(config);
    return { ...config, egress: { ...egress, declaration: { ...egress.declaration, dangerouslyAllowAll: true } } };
  };
  await using rig = await startSuperviseRig({ routes: [{ host: "*" }, { host: "denied.test", deny: true }], more: open });
  const ask = (host: string): ReturnType<typeof rig.agent.call> => rig.agent.call("pipelock-block", { host, justification: "x" });
  expect(await ask("denied.test")).toMatchObject({ state: "refused" });
  const answer = ask("outside.test");
  await expect.poll(() => rig.proposals(), { timeout: 5_000 }).toMatchObject([{ state: "pending", ask: { kind: "pipelock" } }]);
  const [proposal] = await rig.proposals();
  if (proposal === undefined) throw new Error("Nothing waits.");
  expect(allowlist(rig)).not.toContain("outside.test");
  expect(await rig.approve(proposal, { uses: 1 })).toMatchObject({ ok: false, message: expect.stringContaining("is not counted") });
  expect(await rig.approve(proposal)).toMatchObject({ ok: true, proposal: { state: "applied" } });
  expect(await answer).toMatchObject({ state: "approved" });
  expect([allowlist(rig).includes("outside.test"), (await rig.grants()).map(({ kind }) => kind)]).toEqual([true, ["pipelock"]]);
  expect(await ask("outside.test")).toMatchObject({ state: "in-force" });
  expect(await rig.order({ op: "revoke", proposal: proposal.id, by: "op@host" })).toEqual({ ok: true });
  expect(allowlist(rig)).not.toContain("outside.test");
});

test("if the file cannot be written, nothing is granted; a revocation holds at once, and says that a restart may undo it", async () => {
  await using rig = await startSuperviseRig({ routes: [] });
  const { id } = await rig.grant("b.test");
  const obstacle = join(rig.folder, "supervise/grants.json.tmp");
  mkdirSync(obstacle);
  const { proposal } = await rig.ask("a.test");
  expect(await rig.approve(proposal)).toMatchObject({ ok: true, proposal: { state: "failed", failure: expect.stringContaining("cannot be kept") } });
  expect([await rig.get("a.test"), rig.kept().length]).toEqual(["no-route", 1]);
  expect(await rig.order({ op: "revoke", proposal: id, by: "op@host" })).toMatchObject({ ok: false, message: expect.stringContaining("out of force, but a restart may bring it back") });
  expect([await rig.get("b.test"), await rig.grants(), rig.kept().length]).toEqual(["no-route", [], 1]);
  rmSync(obstacle, { recursive: true });
  await rig.grant("c.test");
  expect(rig.kept().map(({ route }) => route.host)).toEqual(["c.test"]);
});

test("a use that cannot be noted is not given", async () => {
  await using rig = await startSuperviseRig({ routes: [] });
  await rig.grant("a.test", { uses: 1 });
  const obstacle = join(rig.folder, "supervise/grants.json.tmp");
  mkdirSync(obstacle);
  expect(await rig.get("a.test")).toBe("internal");
  rmSync(obstacle, { recursive: true });
  expect([await rig.get("a.test"), rig.arrived.length]).toEqual(["200", 1]);
});

test("a file of grants that bottle did not write starts nothing", async () => {
  await using rig = await startSuperviseRig({ routes: [] });
  writeFileSync(join(rig.folder, "supervise/grants.json"), '[{"proposal":"p-00000000","kind":"egress","route":{"host":"*"},"since":"2026-01-01T00:00:00Z","used":0}]\n');
  const failure: unknown = await rig.restart({ signal: "SIGKILL" }).catch((error: unknown) => error);
  expect(String(failure)).toContain("Move it away");
});

test("a kept grant that does not go with the bottle's routes any more is dropped, on record", async () => {
  const routes = [{ host: "b.test" }];
  await using rig = await startSuperviseRig({ routes });
  await rig.grant("a.test");
  Object.assign(routes[0] ?? {}, { host: "a.test", passthrough: true, ports: [80] });
  await rig.restart();
  expect([await rig.grants(), rig.kept()]).toEqual([[], []]);
  // What comes of the start is written with the first event after it.
  expect(await rig.get("c.test")).toBe("no-route");
  await expect.poll(() => rig.events().filter(({ type }) => type === "grant").at(-1)).toMatchObject({ decision: "revoked", detail: expect.stringContaining("passes tunnels") });
});
