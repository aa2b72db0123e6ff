import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, onTestFinished } from "vitest";
import { askingAgent, operatorOf, waitingForImage } from "./testing/asking-shell.ts";
import { docker, test } from "./testing/docker-bottle.ts";

const timeout = 240_000;

test("an agent asks for another image, is granted it, and goes on in it after a resume; one that cannot be built is told, and the image before still works", { timeout }, async ({ rig }) => {
  onTestFinished(() => {
    const built = docker("image", "ls", "--quiet", "--filter", "label=test=docker-image");
    if (built !== "") docker("image", "rm", "--force", ...new Set(built.split("\n")));
  });
  const operate = operatorOf(rig, { DOCKER_HOST: inject("dockerHost") });
  await rig.write("bottles/dev.md", "---\nworkspace: none\nsupervise: true\n---\n");
  // What is to be built is said by how often it ran: first what works, then what does not.
  await rig.agent(`${askingAgent}
cat /opt/granted 2>/dev/null || echo "no grant"; echo run >> ~/runs; wc -l < ~/runs
case $(wc -l < ~/runs) in
  1) image 'RUN echo granted > /opt/granted';;
  2) image 'RUN echo no such package; exit 7';;
esac
cat`);
  for (const [runs, line, before] of [[1, "RUN echo granted > /opt/granted", "no grant"], [2, "RUN echo no such package; exit 7", "granted"]] as const) {
    const [command, ...flags] = runs === 1 ? ["start", "dev"] : ["resume", rig.only()];
    expect(await rig.run([command, ...flags, "--yes", "--detach"])).toMatchObject({ status: 0 });
    const { id, hash } = await waitingForImage(operate);
    using outer = rig.terminal("attach", rig.only());
    await outer.shows(`${before}\n${runs}`);
    const approved = await operate("proposals", "approve", id, "--hash", hash);
    expect(approved).toMatchObject({ status: 0, stdout: expect.stringContaining(`bottle resume ${rig.only()}`), stderr: expect.stringContaining(`  + ${line}\n`) });
    await outer.ends();
    expect(rig.owned()).toEqual([]);
    expect(await rig.metadata(rig.only())).toMatchObject({ status: "stopped" });
  }
  const identity = rig.only();
  const root = join(rig.home, "state", identity);
  const failed = await rig.run(["resume", identity, "--yes"]);
  expect(failed).toMatchObject({ status: 5, stderr: expect.stringMatching(/no such package[^]*--previous-image/) });
  expect(rig.owned()).toEqual([]);
  const back = await rig.run(["resume", identity, "--yes", "--previous-image"], { input: "" });
  expect(back).toMatchObject({ status: 0, stdout: "granted\n3\n", stderr: expect.stringContaining("It goes back to the image it had before.") });
  expect([readFileSync(join(root, "Dockerfile"), "utf8").includes("granted"), existsSync(join(root, "Dockerfile.before"))]).toEqual([true, false]);
});
