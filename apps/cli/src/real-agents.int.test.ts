import { beforeAll, describe, test } from "vitest";
import { expectRealAgentToWork, prepareRealAgent, realAgents } from "./testing/real-agent.ts";
import { createBottleRig } from "./testing/run-bottle.ts";

describe.each(realAgents)("the real $kind in a bottle", (agent) => {
  beforeAll(() => prepareRealAgent(agent), 300_000);

  test("edits the workspace, runs a command, says its text, and never holds the credential the server sees", async () => {
    await using rig = await createBottleRig();
    await expectRealAgentToWork(agent, { rig });
  }, 180_000);
});
