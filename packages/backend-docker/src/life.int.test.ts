import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, startRig, type Rig } from "@bottle/backend-conformance";
import { ownerLabel, type Bottle, type BottleSpec } from "@bottle/backend-core";
import { checkAuditChain } from "@bottle/manifest";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { resourceNames, type ResourceNames } from "./names.ts";
import { namesIn, startLoadedEngine, type LoadedEngine } from "./testing/loaded-engine.ts";

// Four launches and ends on an engine that has only just read its images: a minute where three such engines share two cores.
const timeoutMs = 300_000;
const project = mkdtempSync(join(tmpdir(), "bottle-project-"));
let engine: LoadedEngine;
let rig: Rig;

beforeAll(async () => {
  writeFileSync(join(project, "main.txt"), "as it was\n");
  engine = await startLoadedEngine();
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engine.operatorEnv }) });
}, timeoutMs);
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
  rmSync(project, { recursive: true, force: true });
}, timeoutMs);
afterEach(async () => {
  expect(await namesIn(engine.docker)).toEqual([]);
});

const spec = (change: Partial<BottleSpec> = {}): BottleSpec => rig.spec({ workspace: { mode: "copy", source: project }, ...change });
const namesOfSpec = ({ identity }: { readonly identity: string }): ResourceNames => resourceNames({ label: ownerLabel(rig.home, identity) });
const record = ({ identity }: BottleSpec): readonly string[] => readFileSync(rig.state.directory(identity).audit, "utf8").trimEnd().split("\n");
const check = (lines: readonly string[]): ReturnType<typeof checkAuditChain> => checkAuditChain(lines, (text) => createHash("sha256").update(text).digest("hex"));

/** Work in home and workspace, and an event of the record. @returns the CA as the agent has it */
async function work(bottle: Bottle, word: string): Promise<string> {
  const { out, code } = await run(bottle, `curl -sS -o /dev/null http://elsewhere.example.com/${word}; echo ${word} >> ~/work; echo ${word} >> main.txt; cat /etc/bottle/ca.pem`);
  expect(code).toBe(0);
  return out;
}

type Ending = (wanted: BottleSpec, bottle: Bottle) => Promise<void>;
const endings: readonly (readonly [string, Ending])[] = [
  ["it was stopped", async (_, bottle) => bottle[Symbol.asyncDispose]()],
  ["its containers were killed from outside, of which the next command is told", async (wanted, bottle) => {
    const { agent, sidecars } = namesOfSpec(wanted);
    const running = bottle.exec("touch /tmp/began; sleep 60");
    await expect.poll(async () => (await run(bottle, "test -e /tmp/began")).code).toBe(0);
    await engine.docker.must(["kill", agent, sidecars], "kill");
    expect((await running).exitCode).toBe(137);
    await expect(bottle.exec("true")).rejects.toMatchObject({ code: "not-running", message: `The bottle ${wanted.identity} is not running.`, mend: `\`bottle resume ${wanted.identity}\` starts it again.` });
    await bottle[Symbol.asyncDispose]();
  }],
  ["its containers were removed from outside", async (wanted, bottle) => {
    const { agent, sidecars } = namesOfSpec(wanted);
    await engine.docker.must(["rm", "--force", agent, sidecars], "rm");
    await bottle[Symbol.asyncDispose]();
  }],
  ["the engine was killed and started again", async (wanted, bottle) => {
    await engine.kill();
    await expect(bottle[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "backend-unavailable" });
    await engine.restart();
    await rig.backend.sweep(wanted.identity);
  }],
];

test.each(endings)("after %s: a resumed bottle has its work, its CA and an unbroken record", { timeout: timeoutMs }, async (_, end) => {
  const wanted = spec();
  const first = await rig.launch(wanted);
  const certificate = await work(first, "before");
  await end(wanted, first);
  const before = record(wanted);
  expect(before.join("\n")).toContain("/before");
  {
    await using resumed = await rig.launch({ ...wanted, resume: true });
    expect(await work(resumed, "after")).toBe(certificate);
    expect((await run(resumed, "cat ~/work main.txt")).out).toBe("before\nafter\nas it was\nbefore\nafter\n");
  }
  const after = record(wanted);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.slice(before.length).join("\n")).toContain("/after");
  expect(check(after)).toMatchObject({ ok: true, lines: after.length });
});

test("ten starts of one agent at once all come up under names of their own, and all go", { timeout: timeoutMs }, async () => {
  const bottles = await Promise.all(Array.from({ length: 10 }, () => rig.launch(spec())));
  try {
    const there = await namesIn(engine.docker);
    expect(there).toHaveLength(bottles.length * 8);
    expect(bottles.map((bottle) => there.includes(`container ${namesOfSpec(bottle).agent}`))).toEqual(bottles.map(() => true));
    expect(await Promise.all(bottles.map(async (bottle) => (await run(bottle, "cat main.txt")).out))).toEqual(bottles.map(() => "as it was\n"));
  } finally {
    await Promise.all(bottles.map((bottle) => bottle[Symbol.asyncDispose]()));
  }
});

test("strangers' containers, networks and volumes with a bottle's names stay as they are, and the bottle starts beside them", { timeout: timeoutMs }, async () => {
  const { docker } = engine;
  const image = (await docker.must(["images", "--quiet", "bottle-agent"], "images")).split("\n")[0] ?? "";
  for (const kind of ["container", "network", "volume"] as const) {
    const wanted = spec();
    const plain = namesOfSpec(wanted);
    const name = { container: plain.agent, network: plain.inside, volume: plain.volumes.workspace }[kind];
    await docker.must(kind === "container" ? ["run", "--detach", "--network", "none", "--name", name, image, "sleep", "1000"] : [kind, "create", name], `The stranger's ${kind} could not be made`);
    const before = await docker.must([kind, "inspect", name], "inspect");
    {
      await using bottle = await rig.launch(wanted);
      expect((await run(bottle, "cat main.txt; echo work > main.txt")).out, kind).toBe("as it was\n");
      const { agent } = resourceNames({ label: ownerLabel(rig.home, wanted.identity) }, 2);
      expect(await namesIn(docker), kind).toContain(`container ${agent}`);
      await using connected = await rig.backend.connect(wanted.identity);
      expect((await run(connected, "cat main.txt")).out, kind).toBe("work\n");
    }
    expect(readFileSync(join(rig.state.directory(wanted.identity).workspace, "main.txt"), "utf8")).toBe("work\n");
    expect(await docker.must([kind, "inspect", name], "inspect"), kind).toBe(before);
    expect(await namesIn(docker)).toEqual([`${kind} ${name}`]);
    await docker.must([kind, "rm", ...(kind === "container" ? ["--force"] : []), name], "rm");
  }
});
