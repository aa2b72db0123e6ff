import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listed, startSuperviseRig, type SuperviseRig } from "../testing/supervise-rig.ts";

const routes = [{ host: "api.example.com", paths: ["/v1/**"] }, { host: "denied.test", deny: true }];
let rig: SuperviseRig;
beforeAll(async () => {
  rig = await startSuperviseRig({ routes });
});
afterAll(() => rig[Symbol.asyncDispose]());

/** A request that is answered but does not end; resolves to its end. */
async function hanging(host: string): Promise<{ readonly cut: Promise<unknown> }> {
  const headers = { host, "proxy-authorization": `Basic ${Buffer.from("bottle:proxy-password").toString("base64")}` };
  const sent = request({ agent: false, socketPath: join(rig.folder, "sockets/egress.sock"), path: `http://${host}/hang`, headers }).on("error", () => undefined);
  sent.end();
  const [answer] = await once(sent, "response") as [NodeJS.ReadableStream];
  answer.on("error", () => undefined).resume();
  return { cut: new Promise((resolve) => answer.once("close", resolve)) };
}

test("refused, asked for, approved: then exactly that is allowed, and all of it is on record", async () => {
  expect(await rig.get("a.test", "/x")).toBe("no-route");
  const { proposal, answer } = await rig.ask("a.test", { path: "/x" });
  expect(await rig.get("a.test", "/x")).toBe("no-route");
  expect(await rig.approve(proposal)).toMatchObject({ ok: true, proposal: { state: "applied", decision: { by: "op@host" } } });
  expect(await answer).toMatchObject({ state: "approved", proposal: proposal.id });
  expect([await rig.get("a.test", "/x"), await rig.get("a.test", "/y"), await rig.get("p.test", "/x")]).toEqual(["200", "path-not-allowed", "no-route"]);
  expect(rig.arrived.filter((one) => one.startsWith("a.test"))).toEqual(["a.test/x"]);
  expect(await rig.grants("a.test")).toMatchObject([{ proposal: proposal.id, kind: "egress", route: { host: "a.test", ports: [80], methods: ["GET"], paths: ["/x"] }, used: 1, lastUsedAt: expect.any(String) }]);
  expect(rig.kept("a.test")).toMatchObject([{ proposal: proposal.id }]);
  expect(statSync(join(rig.folder, "supervise/grants.json")).mode & 0o777).toBe(0o600);
  expect(rig.events(proposal.id)).toMatchObject([{ state: "pending" }, { decision: "approved", by: "op@host" }, { state: "applied" }]);
  await expect.poll(() => rig.events().filter((event) => event.type === "network" && event.decision === "allow")).toMatchObject([{ host: "a.test", route: `a.test (grant ${proposal.id})` }]);
});

test("what is rejected stays refused, and the agent hears why", async () => {
  const { proposal, answer } = await rig.ask("b.test");
  expect(await rig.order({ op: "reject", proposal: proposal.id, hash: proposal.hash, by: "op@host", reason: "Use p.test." })).toMatchObject({ ok: true, proposal: { state: "rejected" } });
  expect(await answer).toMatchObject({ state: "rejected", reason: "Use p.test." });
  expect([await rig.get("b.test"), await rig.grants("b.test")]).toEqual(["no-route", []]);
});

test("once is once, however many requests come at a time; then the grant is gone, and can be asked for again", async () => {
  const { id } = await rig.grant("c.test", { uses: 1 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => rig.get("c.test")));
  expect(answers.filter((answer) => answer === "200")).toHaveLength(1);
  expect(answers.filter((answer) => answer === "limit-uses" || answer === "no-route")).toHaveLength(11);
  expect(rig.arrived.filter((one) => one.startsWith("c.test"))).toHaveLength(1);
  await expect.poll(() => rig.grants("c.test"), { timeout: 5_000 }).toEqual([]);
  expect([await rig.get("c.test"), rig.kept("c.test")]).toEqual(["no-route", []]);
  expect(rig.events(id).at(-1)).toEqual({ type: "grant", decision: "used-up", proposal: id });
  await rig.grant("c.test", { uses: 1 });
  expect(await rig.get("c.test")).toBe("200");
});

test("the last use is not cut by its own end: the grant stays until that request is over, and lets nothing else through", async () => {
  await rig.grant("d.test", { uses: 1 });
  const { cut } = await hanging("d.test");
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(await rig.grants("d.test")).toMatchObject([{ used: 1 }]);
  expect(await rig.get("d.test")).toBe("limit-uses");
  // Asked again while it lasts: what is used up is not in force.
  const again = await rig.ask("d.test");
  expect(await rig.approve(again.proposal)).toMatchObject({ ok: true, proposal: { state: "applied" } });
  expect(await rig.get("d.test")).toBe("200");
  await rig.order({ op: "freeze" });
  await cut;
  await rig.order({ op: "thaw" });
});

test("a grant for a time ends at it, and cuts what it allowed", async () => {
  const { id } = await rig.grant("e.test", { until: new Date(Date.now() + 2_500).toISOString() });
  const tunnel = await rig.tunnel("e.test");
  expect(await rig.get("e.test")).toBe("200");
  await once(tunnel, "close");
  expect(await rig.get("e.test")).toBe("no-route");
  await expect.poll(() => rig.events(id).at(-1)).toEqual({ type: "grant", decision: "expired", proposal: id });
  expect([await rig.grants("e.test"), rig.kept("e.test")]).toEqual([[], []]);
});

test("revoking cuts a tunnel and an answer under way, and says who did; what others allow goes on", async () => {
  const [{ id }, other] = [await rig.grant("f.test"), await rig.grant("g.test")];
  const [tunnel, kept] = [await rig.tunnel("f.test"), await rig.tunnel("g.test")];
  const { cut } = await hanging("f.test");
  const closed = once(tunnel, "close");
  expect(await rig.order({ op: "revoke", proposal: id, by: "other@host" })).toEqual({ ok: true });
  await Promise.all([closed, cut]);
  expect([await rig.get("f.test"), await rig.get("g.test"), kept.destroyed]).toEqual(["no-route", "200", false]);
  expect(rig.events(id).at(-1)).toEqual({ type: "grant", decision: "revoked", proposal: id, by: "other@host" });
  expect([rig.kept("f.test"), rig.kept("g.test").map(({ proposal }) => proposal)]).toEqual([[], [other.id]]);
  expect(await rig.order({ op: "revoke", proposal: id, by: "other@host" })).toMatchObject({ ok: false, message: expect.stringContaining(`no grant ${id}`) });
  kept.destroy();
});

test("an approval counts only for what was shown, and of two operators one decides", async () => {
  const { proposal, answer } = await rig.ask("h.test");
  expect(await rig.approve({ ...proposal, hash: "0".repeat(64) })).toMatchObject({ ok: false });
  expect([await rig.get("h.test"), (await rig.proposals())[0]?.state]).toEqual(["no-route", "pending"]);
  const replies = await Promise.all([
    rig.approve(proposal, { by: "one@host" }), rig.order({ op: "reject", proposal: proposal.id, hash: proposal.hash, by: "two@host" }), rig.approve(proposal, { by: "three@host" }),
  ]);
  expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
  expect(rig.events(proposal.id).filter(({ type }) => type === "grant")).toHaveLength(1);
  const { state } = await answer;
  expect([state, await rig.get("h.test")]).toEqual(replies[1]?.ok === true ? ["rejected", "no-route"] : ["approved", "200"]);
});

test("what the operator makes of it is what is granted, and it is judged again", async () => {
  const { proposal, answer } = await rig.ask("i.test");
  for (const [host, why] of [["denied.test", "denies this"], ["10.0.0.1", "private or special"], ["supervise", "the bottle's own"]] as const) {
    expect(await rig.approve(proposal, { route: { host } })).toMatchObject({ ok: false, message: expect.stringContaining(why) });
  }
  expect(await rig.approve(proposal, { route: { host: "*" } })).toMatchObject({ ok: false });
  expect((await rig.proposals())[0]?.state).toBe("pending");
  expect(await rig.approve(proposal, { route: { host: "i.test", ports: [80], paths: ["/only"] } })).toMatchObject({ ok: true });
  expect(await answer).toMatchObject({ state: "approved" });
  expect([await rig.get("i.test", "/only"), await rig.get("i.test")]).toEqual(["200", "path-not-allowed"]);
});

test("what no grant can help with is refused at once, with why, and comes before nobody", async () => {
  const before = await rig.proposals();
  const said = async (host: string, more: object = {}): Promise<string> => {
    const { state, reason = "" } = await rig.agent.call("egress-block", { host, port: 80, method: "GET", justification: "x", ...more });
    return `${state}: ${reason}`;
  };
  expect(await said("denied.test")).toMatch(/^refused: The manifest denies this/);
  expect(await said("169.254.169.254")).toMatch(/^refused: .*private or special address/);
  expect(await said("localhost")).toMatch(/^refused: .*this machine/);
  expect(await said("git-gate")).toMatch(/^refused: .*the bottle's own/);
  expect(await said(`${"4f3a9c1e7b2d8f60".repeat(3)}.evil.test`)).toMatch(/^refused: .*carried data/);
  expect(await said("j.test", { method: "POST", path: "/app.git/git-receive-pack" })).toMatch(/^refused: .*git push/);
  expect(await said("api.example.com", { path: "/v1/x" })).toMatch(/^in-force: /);
  expect(await rig.proposals()).toEqual(before);
});

test("what a guard refused last cannot be asked for; a miss after it can", async () => {
  await rig.grant("k.test");
  expect(await rig.get("k.test", `/?q=${listed}`)).toBe("secret-found");
  expect(await rig.agent.call("egress-block", { host: "k.test", port: 80, method: "POST", justification: "x" })).toMatchObject({ state: "refused", reason: expect.stringContaining("secret-found") });
  expect(await rig.get("k.test:8080")).toBe("port-not-allowed");
  await rig.ask("k.test", { method: "POST" });
});

test("nothing is granted while the bottle is frozen; what waits goes on waiting", async () => {
  const { proposal } = await rig.ask("l.test");
  await rig.order({ op: "freeze" });
  expect(await rig.approve(proposal)).toMatchObject({ ok: false, message: expect.stringContaining("frozen") });
  await rig.order({ op: "thaw" });
  expect(await rig.approve(proposal)).toMatchObject({ ok: true, proposal: { state: "applied" } });
  expect(await rig.get("l.test")).toBe("200");
});

test("an operator's reload keeps the grants, and one that does not go with them changes nothing", async () => {
  const { id } = await rig.grant("m.test");
  expect(await rig.order({ op: "reload", routes: [{ host: "n.test" }] })).toMatchObject({ ok: true });
  expect([await rig.get("m.test"), await rig.get("n.test"), await rig.get("api.example.com", "/v1/x")]).toEqual(["200", "200", "no-route"]);
  expect(await rig.order({ op: "reload", routes: [{ host: "m.test", ports: [80], passthrough: true }] })).toMatchObject({ ok: false, message: expect.stringContaining("m.test") });
  expect([await rig.get("m.test"), await rig.get("n.test")]).toEqual(["200", "200"]);
  expect(await rig.order({ op: "reload", routes: [{ host: "m.test", deny: true }] })).toMatchObject({ ok: true });
  expect(await rig.get("m.test")).toBe("route-denied");
  expect((await rig.grants("m.test")).map(({ proposal }) => proposal)).toEqual([id]);
  await rig.order({ op: "reload", routes });
});

test("a denial says how to ask, and nothing of the operator's side answers on the socket that is shown inside", async () => {
  expect(await rig.get("o.test")).toBe("no-route");
  const text = await new Promise<string>((resolve) => {
    const headers = { host: "o.test", "proxy-authorization": `Basic ${Buffer.from("bottle:proxy-password").toString("base64")}` };
    request({ agent: false, socketPath: join(rig.folder, "sockets/egress.sock"), path: "http://o.test/", headers }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (body += chunk)).once("end", () => resolve(body));
    }).end();
  });
  expect(JSON.parse(text)).toMatchObject({ how_to_ask: expect.stringContaining("tool egress-block of the MCP server supervise") });
  expect(readFileSync(join(rig.folder, "audit.jsonl"), "utf8")).not.toContain("a-token-0123456789");
});
