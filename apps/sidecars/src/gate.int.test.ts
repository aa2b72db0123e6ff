import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseAuditLine, type GitEvent, type SidecarsConfig } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { callControl, launchSidecars } from "./index.ts";
import { runSidecars, type AuditLimits, type Sidecars } from "./run-sidecars.ts";
import { startGateRig, type GateRig } from "./testing/gate-rig.ts";
import { askIn, configIn } from "./testing/rig.ts";

// Each clone and push is a dozen processes.
vi.setConfig({ testTimeout: 60_000 });

const credential = `credential-${crypto.randomUUID()}`;
const placeholder = `bottle-${crypto.randomUUID().replaceAll("-", "")}`;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-gate-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const configOf = ({ config: { git, gitGate } }: GateRig, change: Partial<NonNullable<SidecarsConfig["git"]>> = {}): SidecarsConfig => {
  const { listen, egress, ...rest } = configIn(folder, credential);
  return { ...rest, egress: { ...egress, placeholders: { TOKEN: placeholder } }, listen: { ...listen, gitGate }, ...(git && { git: { ...git, ...change } }) };
};
const run = (config: SidecarsConfig, audit: Partial<AuditLimits> = {}): Promise<Sidecars> => runSidecars(config, { onStop: () => undefined, log: () => undefined, audit });
const gitEvents = (config: SidecarsConfig): GitEvent[] =>
  readFileSync(config.auditFile, "utf8").trimEnd().split("\n").map((line) => parseAuditLine(line).event).filter((event) => event.type === "git");

test("a push through them reaches the upstream, and each fetch and push is on record", async () => {
  await using rig = await startGateRig(folder);
  const config = configOf(rig);
  await using _sidecars = await launchSidecars(config, { logFile: join(folder, "sidecars.log"), ownedBy: "test" });
  expect(await rig.push("agent/one", "hello\n")).toMatchObject({ code: 0 });
  expect(await rig.branch("agent/one")).toMatch(/^[0-9a-f]{40}$/);
  // A fetch is two requests: what there is, then what is wanted.
  const told = gitEvents(config).map(({ op, repository, decision, reason }) => `${op} ${repository} ${decision} ${reason}`);
  expect([...new Set(told)]).toEqual(["fetch app allow served", "push app allow clean", "push app allow accepted"]);
  // By which key, by its name alone.
  for (const event of gitEvents(config)) expect(event.identityFile).toBe(basename(rig.identityFile));
});

test.each([
  ["a route's credential", () => credential, "TOKEN"],
  ["the same in base64", () => Buffer.from(`x ${credential} x`).toString("base64"), "TOKEN"],
  ["what stands inside in its place", () => placeholder, "the stand-in for TOKEN"],
])("%s cannot be pushed, and is nowhere said", async (_, content, name) => {
  await using rig = await startGateRig(folder);
  const config = configOf(rig);
  await using _sidecars = await run(config);
  const { code, err } = await rig.push("agent/one", `${content()}\n`);
  expect({ code: code === 0, named: err.includes(`file.txt:1 holds ${name}`), err }).toMatchObject({ code: false, named: true });
  expect(err).not.toContain(credential);
  expect(await rig.branch("agent/one")).toBe("");
  expect(gitEvents(config).at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "secret-found" });
  expect(readFileSync(config.auditFile, "utf8")).not.toContain(credential);
});

test("the gate reaches its upstreams as the egress does: at the address that the manifest gives a host, and else through its proxy", async () => {
  await using rig = await startGateRig(folder);
  const [repository] = rig.config.git?.repositories ?? [];
  const [, place = ""] = /@(127\.0\.0\.1:[0-9]+)\//.exec(repository?.upstream ?? "") ?? [];
  const named = configOf(rig, { repositories: repository ? [{ ...repository, upstream: repository.upstream.replace(place, "git.example.com") }] : [] });
  const config = (hosts: Readonly<Record<string, string>>): SidecarsConfig =>
    ({ ...named, egress: { ...named.egress, upstreamProxy: { proxy: "http://127.0.0.1:1" }, declaration: { ...named.egress.declaration, hosts } } });
  {
    await using _sidecars = await run(config({ "git.example.com": place }));
    expect(await rig.push("agent/one", "hello\n")).toMatchObject({ code: 0 });
    expect(await rig.branch("agent/one")).toMatch(/^[0-9a-f]{40}$/);
  }
  await using _sidecars = await run(config({}));
  expect((await rig.push("agent/two", "hello\n")).err).toContain("(upstream_proxy) could not be asked for git.example.com:22");
});

test("the operator's freeze closes gate and egress alike, and a thaw opens both", async () => {
  await using rig = await startGateRig(folder);
  const config = configOf(rig);
  await using _sidecars = await run(config);
  await callControl(config.control.unix, { op: "freeze" });
  expect((await rig.push("agent/one", "hello\n")).err).toContain("503");
  expect(await askIn(folder, "elsewhere.example.com")).toBe("frozen");
  await callControl(config.control.unix, { op: "thaw" });
  expect(await rig.push("agent/one", "hello\n")).toMatchObject({ code: 0 });
  expect(await askIn(folder, "elsewhere.example.com")).toBe("no-route");
});

test("a log that takes no more freezes gate and egress alike: nothing is pushed unrecorded", async () => {
  await using rig = await startGateRig(folder);
  const config = configOf(rig);
  await using _sidecars = await run(config, { maxBytes: 1150 });
  const pushed = [];
  for (let index = 0; index < 4; index += 1) pushed.push(await rig.push(`agent/${index}`, `${index}\n`));
  expect(pushed.at(-1)?.code).not.toBe(0);
  expect(await rig.branch("agent/3")).toBe("");
  expect(await askIn(folder, "elsewhere.example.com")).toBe("frozen");
  expect(await callControl(config.control.unix, { op: "health" })).toMatchObject({ frozen: true });
});

test("a key that only the host has is a file of theirs alone while they run, and gone after", async () => {
  await using rig = await startGateRig(folder);
  const key = join(folder, "keys/app.key");
  const [repository] = rig.config.git?.repositories ?? [];
  const config = configOf(rig, { files: { [key]: await readFile(rig.identityFile, "utf8") }, repositories: repository ? [{ ...repository, identityFile: key }] : [] });
  {
    await using sidecars = await launchSidecars(config, { logFile: join(folder, "sidecars.log"), ownedBy: "test" });
    expect([statSync(key).mode & 0o777, statSync(join(folder, "keys")).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await rig.push("agent/one", "hello\n")).toMatchObject({ code: 0 });
    for (const name of ["environ", "cmdline"]) expect(readFileSync(`/proc/${sidecars.pid}/${name}`, "latin1")).not.toContain("PRIVATE KEY");
  }
  expect(existsSync(key)).toBe(false);
  for (const file of ["audit.jsonl", "sidecars.log"]) expect(readFileSync(join(folder, file), "utf8")).not.toContain("PRIVATE KEY");
});

test("a gate that cannot start stops the start, says why, and leaves no key", async () => {
  await using rig = await startGateRig(folder);
  const key = join(folder, "keys/app.key");
  const [repository] = rig.config.git?.repositories ?? [];
  const twice = repository ? [repository, { ...repository, name: "again" }] : [];
  await expect(run(configOf(rig, { files: { [key]: "x" }, repositories: twice }))).rejects.toMatchObject({ message: expect.stringContaining("are the same upstream") });
  expect(existsSync(key)).toBe(false);
  expect(existsSync(join(folder, "control.sock"))).toBe(false);
});
