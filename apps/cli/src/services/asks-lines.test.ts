import { expect, test } from "vitest";
import { asksLines } from "./asks-lines.ts";

test("of an agent that may ask it is told, and of a kind without an MCP configuration what is left to do", () => {
  expect(asksLines({ supervise: false, kind: "claude" })).toEqual([]);
  expect(asksLines({ supervise: true, kind: "claude" })).toEqual(["for more while it runs, and you decide: `bottle proposals`"]);
  expect(asksLines({ supervise: true, kind: "command" })).toEqual([
    "for more while it runs, and you decide: `bottle proposals`",
    "A command has no MCP configuration that bottle could write: the program must be told of http://supervise:9100/mcp itself.",
  ]);
});
