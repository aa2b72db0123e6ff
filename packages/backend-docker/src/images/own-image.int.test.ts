import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, startRig, type Rig } from "@bottle/backend-conformance";
import { ownerLabel, type BottleSpec } from "@bottle/backend-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { DockerBackend } from "../backend.ts";
import { findOwned } from "../owned.ts";
import { engineEnv, testDocker } from "../testing/engine.ts";
import { ownDockerfile, plainDockerfile } from "./own-image.ts";

const timeoutMs = 60_000;
const docker = testDocker();
const mark = crypto.randomUUID();
let rig: Rig;
let wanted: BottleSpec;
let dockerfile: string;
const shown = "cat /etc/bottle/current-config/Dockerfile";
let shownAtFirst: string;

beforeAll(async () => {
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }) });
  wanted = rig.spec({ supervise: true });
  await using bottle = await rig.launch(wanted);
  shownAtFirst = (await run(bottle, `echo work > ~/work; ${shown}`)).out;
  dockerfile = join(rig.state.directory(wanted.identity).root, ownDockerfile);
}, timeoutMs);
afterAll(async () => {
  const images = (await docker.must(["image", "ls", "--quiet", "--filter", `label=test=${mark}`], "ls")).split("\n").filter(Boolean);
  if (images.length > 0) await docker.must(["image", "rm", "--force", ...new Set(images)], "rm");
  await rig?.[Symbol.asyncDispose]();
}, timeoutMs);

async function resumeWith(...lines: readonly string[]): Promise<{ readonly out: string; readonly granted: string; readonly shown: string }> {
  const granted = ["ARG BASE", ...lines, `LABEL test=${mark}`, ""].join("\n");
  writeFileSync(dockerfile, granted);
  await using bottle = await rig.launch({ ...wanted, resume: true });
  const { out } = await run(bottle, "cat ~/work; cat /opt/granted; id -un; env | grep ^GRANTED");
  return { out, granted, shown: (await run(bottle, shown)).out };
}

test("a bottle with a Dockerfile in its state goes on in an image of its own: what was granted is there, the work, and still no root", async () => {
  const { out, ...texts } = await resumeWith("FROM ${BASE}", "USER root", "RUN echo granted > /opt/granted", "ENV GRANTED=yes", 'ENTRYPOINT ["/bin/false"]', "HEALTHCHECK CMD touch /tmp/health");
  expect(out).toBe("work\ngranted\nnode\nGRANTED=yes\n");
  // An agent that may ask for another image is shown what its own is made from.
  expect(shownAtFirst).toBe(plainDockerfile);
  expect(texts.shown).toBe(texts.granted);
}, timeoutMs);

test("its image has a tag of its own, and the next bottle is in the common one", async () => {
  const names = (await docker.must(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `label=test=${mark}`], "ls")).split("\n").filter(Boolean);
  expect(names).toEqual([expect.stringMatching(/^bottle-agent:[0-9a-f]{12}$/)]);
  await using bottle = await rig.launch(rig.spec());
  expect((await run(bottle, "test -e /opt/granted")).code).toBe(1);
}, timeoutMs);

test.each([
  ["a step that fails, with its last words", ["FROM ${BASE}", "RUN echo no such package; exit 7"], /own image, of .*Dockerfile: .*could not be built:\n[^]*no such package[^]*7/],
  ["another base", [`FROM ${inject("dockerImages").sidecars}`], /cannot be used: it is not built upon bottle's image/],
  ["variables that would steer bottle's own programs", ["FROM ${BASE}", "ENV PERL5OPT=-Mnone"], /cannot be used: it sets PERL5OPT/],
])("%s: refused before anything is made, and the bottle keeps its work", async (_, lines, message) => {
  await expect(resumeWith(...lines)).rejects.toMatchObject({ code: "launch-failed", message: expect.stringMatching(message), mend: "Mend that file, or remove it: the bottle then starts from the common image." });
  expect(await findOwned(docker, ownerLabel(rig.home, wanted.identity))).toEqual([]);
  rmSync(dockerfile);
  await using bottle = await rig.launch({ ...wanted, resume: true });
  expect((await run(bottle, "cat ~/work")).out).toBe("work\n");
}, timeoutMs);
