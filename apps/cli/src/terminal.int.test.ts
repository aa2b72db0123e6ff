import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";

describe("on a terminal", { timeout: 60_000 }, () => {
  test("the agent has one of its own, of the right size, with its keys and its status; the way on is told, and --yes asks nothing", async ({ rig }) => {
    await rig.agent(`test -t 0 && test -t 1 && echo on a terminal of $(stty size); read key; echo "read $key"; cat; exit 6`);
    {
      using outer = rig.terminal("start", "dev");
      await outer.shows("Start? [y/N]");
      outer.type("y", "Enter");
      await outer.shows("on a terminal of 40 120");
      outer.type("key", "Enter");
      await outer.shows("read key");
      outer.type("C-d");
      expect(await outer.ends()).toBe(6);
      expect(outer.screen()).toContain(`bottle resume ${rig.only()}`);
    }
    using again = rig.terminal("resume", rig.only(), "--yes");
    await again.shows("on a terminal of 40 120");
  });

  test("with no manifest at all, start offers to write one", async ({ rig }) => {
    rmSync(join(rig.home, "bottles"), { recursive: true });
    using outer = rig.terminal("start");
    await outer.shows("Write a claude agent \"dev\" and its bottle now? [y/N]");
    outer.type("y", "Enter");
    await outer.shows("CLAUDE_CODE_OAUTH_TOKEN (for api.anthropic.com)");
    expect(await outer.ends()).toBe(3);
    expect(readdirSync(join(rig.home, "agents"))).toEqual(["dev.md"]);
  });
});
