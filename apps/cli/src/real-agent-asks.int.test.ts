import { beforeAll, describe, test } from "vitest";
import { expectRealAgentToAsk } from "./testing/asking-agent.ts";
import { prepareRealAgent, realAgents } from "./testing/real-agent.ts";
import { createBottleRig } from "./testing/run-bottle.ts";

describe.each(realAgents)("the real $kind that is refused a host", (agent) => {
  beforeAll(() => prepareRealAgent(agent), 300_000);

  test("asks by its own MCP client: what is approved it then reaches, what is rejected it is told of", { timeout: 180_000 }, async () => {
    await using rig = await createBottleRig();
    await expectRealAgentToAsk(agent, { rig, backend: "bubblewrap", env: { BOTTLE_BACKEND: "bubblewrap" } });
  });
});
