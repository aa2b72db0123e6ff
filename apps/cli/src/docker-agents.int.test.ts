import { beforeAll, describe } from "vitest";
import { docker, test } from "./testing/docker-bottle.ts";
import { expectRealAgentToWork, prepareRealAgent, realAgents } from "./testing/real-agent.ts";

describe.each(realAgents)("the real $kind in a container", (agent) => {
  beforeAll(() => prepareRealAgent(agent), 300_000);

  test("edits the workspace, runs a command, says its text, and never holds the credential the server sees; nor does the engine show it", { timeout: 240_000 }, async ({ rig }) => {
    const listenOn = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}");
    const look = (): string => {
      const names = docker("ps", "--format", "{{.Names}}").split("\n").filter((name) => rig.owned().includes(name));
      return names.flatMap((name) => [docker("inspect", name), docker("logs", name), docker("top", name, "-eo", "pid,args")]).join("\n");
    };
    await expectRealAgentToWork(agent, { rig, listenOn, look });
  });
});
