import type { AskedPush } from "@bottle/manifest";
import { expect, test } from "vitest";
import { startRig } from "../testing/rig.ts";
import { connectClient } from "./testing/client.ts";

const justification = "The tests need it.";
const names = async ({ client }: Awaited<ReturnType<typeof connectClient>>): Promise<readonly string[]> => (await client.listTools()).tools.map(({ name }) => name);

test("a client sees who it talks to, the tools with their schemas, and how to use them", async () => {
  await using rig = await startRig();
  await using inside = await connectClient(rig.url);
  expect(inside.client.getServerVersion()).toMatchObject({ name: "bottle" });
  expect(inside.client.getInstructions()).toContain("x-bottle-block-reason");
  const { tools } = await inside.client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["egress-block", "list-egress-routes", "pipelock-block", "capability-block", "push-block"]);
  for (const { inputSchema, outputSchema, description } of tools) {
    expect(inputSchema).toMatchObject({ type: "object", additionalProperties: false });
    expect(outputSchema).toMatchObject({ type: "object", additionalProperties: false });
    expect(description?.length).toBeGreaterThan(40);
  }
});

test("a tool that the bottle does not have is not listed and cannot be called; capability-block says what to do instead", async () => {
  await using rig = await startRig({ tools: { pipelock: false, push: false, capability: "Install it under ~/.local, or ask the operator for backend: docker." } });
  await using inside = await connectClient(rig.url);
  expect(await names(inside)).toEqual(["egress-block", "list-egress-routes", "capability-block"]);
  await expect(inside.ask("pipelock-block", { host: "a.test", justification })).rejects.toThrow("There is no such tool here");
  await expect(inside.ask("approve", { proposal: "p-00000000" })).rejects.toThrow("There is no such tool here");
  expect(await inside.ask("capability-block", { dockerfile: "FROM x\n", justification })).toEqual({
    state: "refused", reason: "There are no images here that could be made anew.", next: "Install it under ~/.local, or ask the operator for backend: docker.",
  });
  expect(rig.events).toEqual([{ type: "proposal", state: "refused", kind: "capability", detail: "Install it under ~/.local, or ask the operator for backend: docker." }]);
});

test("the routes in force and the Dockerfile can be read, and nothing else", async () => {
  await using rig = await startRig();
  await using inside = await connectClient(rig.url);
  expect(await inside.ask("list-egress-routes", {})).toEqual({ generation: 7, routes: [{ host: "in-force.test" }] });
  expect((await inside.client.listResources()).resources.map(({ uri }) => uri)).toEqual(["bottle://routes", "bottle://dockerfile"]);
  expect(await inside.client.readResource({ uri: "bottle://dockerfile" })).toEqual({ contents: [{ uri: "bottle://dockerfile", mimeType: "text/plain", text: "FROM scratch\n" }] });
  const [routes] = (await inside.client.readResource({ uri: "bottle://routes" })).contents;
  expect(JSON.parse(routes !== undefined && "text" in routes ? routes.text : "")).toEqual({ generation: 7, routes: [{ host: "in-force.test" }] });
  for (const uri of ["file:///etc/passwd", "bottle://queue", "bottle://routes/../x", ""]) await expect(inside.client.readResource({ uri })).rejects.toThrow("no such resource");
  await using without = await startRig({ current: () => ({ generation: 1, routes: [] }) });
  await using other = await connectClient(without.url);
  expect((await other.client.listResources()).resources.map(({ uri }) => uri)).toEqual(["bottle://routes"]);
  await expect(other.client.readResource({ uri: "bottle://dockerfile" })).rejects.toThrow("no such resource");
});

test("what a guard refuses never comes before the operator, and what is in force is said at once", async () => {
  await using rig = await startRig({
    judge: (ask) => Promise.resolve(ask.kind !== "egress" || ask.route.host === "open.test" ? { inForce: "Route 3 allows it." } : { refused: "169.254.169.254 is never reached from a bottle." }),
  });
  await using inside = await connectClient(rig.url);
  expect(await inside.ask("egress-block", { host: "169.254.169.254", port: 80, justification })).toMatchObject({ state: "refused", reason: "169.254.169.254 is never reached from a bottle.", next: expect.stringContaining("do not look for other ways out") });
  expect(await inside.ask("egress-block", { host: "open.test", justification })).toMatchObject({ state: "in-force", reason: "Route 3 allows it." });
  expect(rig.supervise.list()).toEqual([]);
  expect(rig.events).toEqual([{ type: "proposal", state: "refused", kind: "egress", detail: "GET|HEAD 169.254.169.254:80 any path: 169.254.169.254 is never reached from a bottle." }]);
});

test("arguments that are not as they must be are refused in a sentence that mends them, and make no proposal", async () => {
  await using rig = await startRig();
  await using inside = await connectClient(rig.url);
  const result = await inside.client.callTool({ name: "egress-block", arguments: { host: "https://a.test/x", justification } });
  expect(result).toMatchObject({ isError: true, structuredContent: { state: "refused", next: "Mend the arguments and call again." }, content: [{ type: "text", text: expect.stringContaining("is more than a host") }] });
  expect(rig.supervise.list()).toEqual([]);
  expect(rig.events).toEqual([]);
});

test("a held push is asked for by its id, and what is decided on is its objects", async () => {
  const held: AskedPush = { repository: "app", updates: [{ ref: "refs/heads/a", new: "a".repeat(40) }], findings: [], review: [".github/workflows/ci.yml"] };
  await using rig = await startRig({ heldPush: (id) => (id === "h-1" ? held : undefined) });
  await using inside = await connectClient(rig.url);
  expect(await inside.ask("push-block", { push: "h-2", justification })).toMatchObject({ state: "refused", reason: "No push is held by this id." });
  const asking = inside.ask("push-block", { push: "h-1", justification });
  const { id, hash, ask } = await rig.pending();
  expect(ask).toEqual({ kind: "push", push: held });
  await rig.supervise.approve({ proposal: id, hash, by: "me" });
  expect(await asking).toMatchObject({ state: "approved", next: "It is released: push once more, exactly the same." });
});

test("another image is approved for the operator's command to go on with, and the agent is told what comes", async () => {
  await using rig = await startRig({ apply: () => Promise.resolve("later") });
  await using inside = await connectClient(rig.url);
  expect(await inside.ask("capability-block", { dockerfile: "FROM scratch\n", justification })).toMatchObject({ state: "in-force", reason: "This bottle's image is made from that Dockerfile." });
  const asking = inside.ask("capability-block", { dockerfile: "FROM x\n", justification });
  const { id, hash } = await rig.pending();
  await rig.supervise.approve({ proposal: id, hash, by: "me" });
  expect(await asking).toMatchObject({ state: "approved", next: expect.stringContaining("resumed from the new image") });
  expect(await rig.supervise.settle({ proposal: id, outcome: "applied" })).toMatchObject({ state: "applied" });
});

test("a flood is refused in a sentence, recorded, and leaves what waits", async () => {
  await using rig = await startRig({ limits: { pending: 2, waitMs: 50 } });
  await using inside = await connectClient(rig.url);
  const answers = [];
  for (let at = 0; at < 5; at += 1) answers.push(await inside.ask("egress-block", { host: `h${at}.test`, justification }));
  expect(answers.map(({ state }) => state)).toEqual(["pending", "pending", "refused", "refused", "refused"]);
  expect(answers[4]?.reason).toContain("2 proposals wait for the operator already");
  expect(rig.supervise.list()).toHaveLength(2);
  expect(rig.events.filter((event) => "state" in event && event.state === "refused")).toHaveLength(3);
});

test("who asks faster than anybody reads is not even judged any more", async () => {
  let judged = 0;
  await using rig = await startRig({ limits: { asksPerMinute: 3 }, judge: () => {
    judged += 1;
    return Promise.resolve({ refused: "no" });
  } });
  await using inside = await connectClient(rig.url);
  const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => inside.ask("egress-block", { host: `h${at}.test`, justification })));
  expect(judged).toBe(3);
  expect(answers.at(-1)).toMatchObject({ state: "refused", reason: expect.stringContaining("Wait a minute") });
});

test("when nothing can be recorded the call fails, without a word of where", async () => {
  await using rig = await startRig({ onEvent: () => {
    throw new Error("/home/me/.bottle/state/audit.jsonl: no space left");
  } });
  await using inside = await connectClient(rig.url);
  expect(await inside.ask("egress-block", { host: "a.test", justification })).toEqual({
    state: "failed", reason: "Supervise failed on this side, so nothing was asked or changed: its queue or its log cannot be written, for example.", next: "Tell your user, and try again later.",
  });
  expect(rig.supervise.list()).toEqual([]);
  expect(rig.said).toEqual([expect.stringMatching(/^A call of egress-block failed: Proposal p-\w{8} cannot be kept as pending/)]);
});
