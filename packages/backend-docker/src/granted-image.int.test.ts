import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, startRig } from "@bottle/backend-conformance";
import { expect, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { ownDockerfile, plainDockerfile } from "./images/own-image.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";

test("the agent is shown what its image is made from: two lines at first, and once another was granted, that one, from which it is resumed", { timeout: 120_000 }, async () => {
  const internetAddress = (await testDocker().must(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"], "There is no default bridge")).trim();
  await using rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }), traits: { internetAddress } });
  const look = "cat /etc/bottle/current-config/Dockerfile; ls /opt/granted 2>&1";
  const wanted = rig.spec({ supervise: true });
  {
    await using first = await (await rig.backend.prepare(wanted)).launch();
    expect((await run(first, look)).out).toBe(`${plainDockerfile}ls: cannot access '/opt/granted': No such file or directory\n`);
    await run(first, "echo kept > ~/kept");
  }
  const granted = `${plainDockerfile}USER root\nRUN touch /opt/granted\n`;
  await writeFile(join(rig.state.directory(wanted.identity).root, ownDockerfile), granted);
  await using resumed = await (await rig.backend.prepare({ ...wanted, resume: true })).launch();
  expect((await run(resumed, `${look}; cat ~/kept; id -u`)).out).toBe(`${granted}/opt/granted\nkept\n1000\n`);
});
