import { inject } from "vitest";
import { expectRealAgentToAsk } from "./testing/asking-agent.ts";
import { docker, test } from "./testing/docker-bottle.ts";
import { prepareRealAgent, realAgents } from "./testing/real-agent.ts";

test("the real codex in a container asks over its sidecars' container: what is approved it reaches, what is rejected it is told of", { timeout: 240_000 }, async ({ rig }) => {
  const [codex] = realAgents.filter(({ kind }) => kind === "codex");
  if (codex === undefined) throw new Error("There is no codex among the real agents.");
  await prepareRealAgent(codex);
  const listenOn = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}");
  await expectRealAgentToAsk(codex, { rig, listenOn, backend: "docker", env: { DOCKER_HOST: inject("dockerHost"), BOTTLE_BACKEND: "docker" } });
});
