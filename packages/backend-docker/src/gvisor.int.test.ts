import { BottleError, type Bottle } from "@bottle/backend-core";
import { run, startRig, type Rig } from "@bottle/backend-conformance";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { namesIn, startLoadedEngine, type LoadedEngine } from "./testing/loaded-engine.ts";

const timeoutMs = 120_000;
let engine: LoadedEngine;
let rig: Rig;
beforeAll(async () => {
  engine = await startLoadedEngine(["--add-runtime", `runsc=${process.env["BOTTLE_TEST_RUNSC"] ?? "/usr/bin/runsc"}`]);
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engine.operatorEnv }) });
}, timeoutMs);
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
}, timeoutMs);

/** Why a machine's runsc gives no bottle, as the operator is told. */
const knownRefusals = [
  { code: "backend-unavailable", message: "The engine's gVisor (runsc) is older than its kernel and cannot run on it." },
  // Before Docker 28 the inside network has a way to nobody; gVisor tells no neighbours, so it is not known that nobody is there.
  { code: "self-check-failed", message: `The bottle was stopped: from inside, "direct tcp 192.0.2.1:443 closed" must hold, found "direct tcp 192.0.2.1:443 open".` },
  // From 28 on it has none; but the engine answers for the sidecars' names by rules of the host's kernel, which gVisor's network passes by.
  { code: "self-check-failed", message: `The bottle was stopped: from inside, "sidecar egress answers" must hold, found "sidecar egress silent".` },
] as const;

test("a bottle with `runtime: runsc` has gVisor's kernel, or says by name why this machine's runsc gives none; never the host's kernel, and nothing is left", async () => {
  const launched: Bottle | BottleError = await rig.launch({ runtime: "runsc" }).catch((error: unknown) => {
    if (error instanceof BottleError) return error;
    throw error;
  });
  if (launched instanceof BottleError) {
    expect(knownRefusals).toContainEqual({ code: launched.code, message: launched.message });
    // Told in the run's own words, since nothing was sandboxed here.
    process.stderr.write(`gVisor was not run: ${launched.message}\n`);
  } else {
    const { out } = await run(launched, "cat /proc/version; dmesg");
    await launched[Symbol.asyncDispose]();
    expect(out).toMatch(/gvisor/i);
  }
  expect(await namesIn(engine.docker)).toEqual([]);
}, timeoutMs);

test("without `runtime` the bottle has the engine's kernel, so that the test above can fail", async () => {
  await using bottle = await rig.launch();
  expect((await run(bottle, "cat /proc/version")).out).not.toMatch(/gvisor/i);
}, timeoutMs);
