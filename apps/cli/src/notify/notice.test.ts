import { expect, test } from "vitest";
import { noticed, sentenceOf } from "./notice.ts";

const event = { type: "proposal", state: "pending", kind: "egress", proposal: "p-4k2x9a1b", detail: "GET evil.example.com/secret" } as const;

test("a new proposal is told by its id and kind, and by no word of the agent's", () => {
  expect(noticed(event)).toEqual({ id: "p-4k2x9a1b", kind: "egress" });
});

test.each([
  ["what was decided", { ...event, state: "applied" }], ["what never came before the operator", { ...event, state: "refused" }], ["another event", { type: "lifecycle", event: "ready" }],
  ["an id that is none", { ...event, proposal: "p-#(touch x)" }], ["no id", { type: "proposal", state: "pending", kind: "egress" }],
] as const)("%s is not told", (_, other) => {
  expect(noticed(other)).toBeUndefined();
});

test("one is told with how to look at it, several with how to list them", () => {
  const proposal = { id: "p-4k2x9a1b", kind: "push" } as const;
  expect(sentenceOf({ identity: "dev-aaaaa", proposals: [proposal] })).toBe("dev-aaaaa asks for a push: bottle proposals show p-4k2x9a1b");
  expect(sentenceOf({ identity: "dev-aaaaa", proposals: [proposal, proposal] })).toBe("dev-aaaaa asks 2 times: bottle proposals");
});
