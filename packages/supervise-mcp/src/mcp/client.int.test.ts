import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { startRig } from "../testing/rig.ts";
import { until } from "../testing/world.ts";
import { connectClient } from "./testing/client.ts";

const route = { host: "api.example.com", method: "POST", path: "/v1/**", justification: "To publish what was asked for." };
const limits = { waitMs: 1500, progressMs: 100 };

test("the agent asks, the operator approves what was shown, it is in force before the agent is told", async () => {
  await using rig = await startRig();
  await using inside = await connectClient(rig.url);
  const asking = inside.ask("egress-block", route);
  const { id, hash, ask } = await rig.pending();
  expect(ask).toEqual({ kind: "egress", route: { host: "api.example.com", ports: [443], methods: ["POST"], paths: ["/v1/**"] } });
  expect((await rig.supervise.approve({ proposal: id, hash, by: "me@here", reason: "go on", uses: 1 })).state).toBe("applied");
  expect(await asking).toEqual({
    state: "approved", proposal: id, route: "POST api.example.com:443 /v1/**", reason: "go on", next: "It is in force: send the request again. It ends after 1 request.",
  });
  expect(rig.applied.map((proposal) => proposal.id)).toEqual([id]);
  expect(rig.events).toEqual([
    { type: "proposal", state: "pending", kind: "egress", proposal: id, detail: "POST api.example.com:443 /v1/**" },
    { type: "grant", decision: "approved", proposal: id, by: "me@here", detail: "POST api.example.com:443 /v1/**, for 1 use: go on" },
    { type: "proposal", state: "applied", kind: "egress", proposal: id, detail: "POST api.example.com:443 /v1/**" },
  ]);
});

test("a rejection comes with the operator's reason, and the same asked at once again gets the same", async () => {
  await using rig = await startRig();
  await using inside = await connectClient(rig.url);
  const asking = inside.ask("egress-block", route);
  const { id, hash } = await rig.pending();
  await rig.supervise.reject({ proposal: id, hash, by: "me", reason: "use the mirror" });
  expect(await asking).toMatchObject({ state: "rejected", proposal: id, reason: "use the mirror", next: expect.stringContaining("Do not ask for the same again") });
  expect(await inside.ask("egress-block", route)).toMatchObject({ state: "rejected", proposal: id });
  expect(rig.supervise.list()).toHaveLength(1);
  expect(rig.applied).toEqual([]);
});

test("a call that nobody answers says that it waits, ends as pending in time, and goes on with the same proposal when it is made again", async () => {
  await using rig = await startRig({ limits });
  await using inside = await connectClient(rig.url);
  const beats: (string | undefined)[] = [];
  const first = await inside.ask("egress-block", route, { onprogress: ({ message }) => void beats.push(message) });
  expect(first).toMatchObject({ state: "pending", next: expect.stringContaining("Call the tool again with the same arguments") });
  expect(beats.length).toBeGreaterThan(3);
  expect(beats[0]).toBe(`${first.proposal} waits for the operator.`);
  const again = await inside.waitingAsk("egress-block", { ...route, justification: "In other words, I need it." });
  const [proposal, ...others] = rig.supervise.list();
  expect(others).toEqual([]);
  await rig.supervise.approve({ proposal: first.proposal ?? "", hash: proposal?.hash ?? "", by: "me" });
  expect(await again.answer).toMatchObject({ state: "approved", proposal: first.proposal });
});

test("a call that is cancelled takes its proposal back, but not while another call waits for the same", async () => {
  await using rig = await startRig();
  await using one = await connectClient(rig.url);
  await using two = await connectClient(rig.url);
  const [first, second] = [new AbortController(), new AbortController()];
  const calls = [await one.waitingAsk("egress-block", route, { signal: first.signal }), await two.waitingAsk("egress-block", route, { signal: second.signal })].map(({ answer }) => answer.catch((error: unknown) => String(error)));
  first.abort("no need");
  expect(await calls[0]).toContain("no need");
  await delay(200);
  expect(rig.supervise.list().map(({ state }) => state)).toEqual(["pending"]);
  second.abort("no need");
  await until(() => rig.supervise.list().find(({ state }) => state === "withdrawn"));
  expect(rig.events.at(-1)).toMatchObject({ type: "proposal", state: "withdrawn" });
  await calls[1];
});

test("a connection that drops leaves the proposal to the operator, and another client goes on with it", async () => {
  await using rig = await startRig();
  const lost = await connectClient(rig.url);
  const call = lost.ask("egress-block", route).catch(() => "lost");
  const { id, hash } = await rig.pending();
  await lost.transport.close();
  expect(await call).toBe("lost");
  await using inside = await connectClient(rig.url);
  const again = await inside.waitingAsk("egress-block", route);
  expect(rig.supervise.list().map((proposal) => [proposal.id, proposal.state])).toEqual([[id, "pending"]]);
  await rig.supervise.approve({ proposal: id, hash, by: "me" });
  expect(await again.answer).toMatchObject({ state: "approved", proposal: id });
});

test("what cannot be put in force is told to both sides, and to the agent without a word of the host", async () => {
  await using rig = await startRig({ apply: () => Promise.reject(new Error("/home/me/.bottle/x: the policy has a fault")) });
  await using inside = await connectClient(rig.url);
  const asking = inside.ask("egress-block", route);
  const { id, hash } = await rig.pending();
  expect(await rig.supervise.approve({ proposal: id, hash, by: "me" })).toMatchObject({ state: "failed", failure: "/home/me/.bottle/x: the policy has a fault" });
  const answer = await asking;
  expect(answer).toMatchObject({ state: "failed", proposal: id });
  expect(JSON.stringify(answer)).not.toContain("/home");
});
