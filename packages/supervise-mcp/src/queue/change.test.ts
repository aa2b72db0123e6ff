import type { Proposal, ProposalState } from "@bottle/manifest";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Change, changed, isOpen } from "./change.ts";

const states: readonly ProposalState[] = ["pending", "approved", "rejected", "expired", "withdrawn", "applied", "failed"];
const decision = { by: "me", at: "2026-01-01T00:00:00Z" };
const steps: readonly Change[] = [
  { state: "approved", decision }, { state: "rejected", decision }, { state: "expired" }, { state: "withdrawn" }, { state: "applied" }, { state: "failed", failure: "x" },
];
const proposal = (state: ProposalState): Proposal => ({
  version: 1, id: "p-00000000", identity: "dev-00abc", state, createdAt: decision.at, changedAt: decision.at, expiresAt: decision.at,
  ask: { kind: "egress", route: { host: "a.test" } }, justification: "x", hash: "0".repeat(64),
});

test("there are six steps, and no other", () => {
  const taken = states.flatMap((from) => steps.filter((step) => changed(proposal(from), step, decision.at)).map(({ state }) => `${from} → ${state}`));
  expect(taken).toEqual(["pending → approved", "pending → rejected", "pending → expired", "pending → withdrawn", "approved → applied", "approved → failed"]);
});

test("whatever comes after one another, a proposal is decided once and comes to one end", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 20 }), (all) => {
    let now = proposal("pending");
    const path = [now.state];
    for (const step of all) {
      const next = changed(now, step, decision.at);
      if (next) path.push((now = next).state);
    }
    expect(path.length).toBeLessThanOrEqual(3);
    expect(isOpen(now)).toBe(path.length === 1 || (path.length === 2 && now.state === "approved"));
    expect(path.filter((state) => state === "approved" || state === "rejected").length).toBeLessThanOrEqual(1);
  }));
});
