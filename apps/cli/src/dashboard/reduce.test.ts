import type { AskedRoute, NetworkEvent, Proposal } from "@bottle/manifest";
import { expect, test } from "vitest";
import { bottleList, chosenBottle, chosenIndex, decisionList, pendingList, proposalOf } from "./lists.ts";
import { createDashboard, keptDecisions, type BottleRow, type DashboardEvent, type DashboardState, type Order, type Traffic } from "./model.ts";
import { reduce } from "./reduce.ts";

const now = Date.parse("2026-05-04T12:00:00Z");
const row = (identity: string, status: BottleRow["status"] = "running"): BottleRow => ({ identity, status, agent: "dev", backend: "bubblewrap", since: "2026-05-04T11:00:00Z", workspace: "none" });
const route: AskedRoute = { host: "api.example.com", methods: ["GET"], paths: ["/v1/*"] };

function proposal(change: Partial<Proposal> = {}): Proposal {
  return {
    version: 1, id: "p-00000001", identity: "dev-aaaaa", state: "pending", createdAt: "2026-05-04T11:59:00Z", changedAt: "2026-05-04T11:59:00Z",
    expiresAt: "2026-05-04T12:30:00Z", ask: { kind: "egress", route }, justification: "I need it.", hash: "a".repeat(64), ...change,
  };
}

const network = (change: Partial<NetworkEvent> = {}): NetworkEvent => ({ type: "network", decision: "deny", layer: "route", reason: "no-route", host: "evil.example", port: 443, method: "GET", path: "/", ...change });

function traffic(identity: string, seq: number, change: Partial<Traffic> = {}): Traffic {
  return { identity, allowed: 0, denied: 1, decisions: [{ identity, seq, time: new Date(now + seq).toISOString(), event: network() }], used: new Map(), ...change };
}

function run(state: DashboardState, ...events: readonly (DashboardEvent | string)[]): { readonly state: DashboardState; readonly orders: readonly Order[] } {
  return events.reduce<{ readonly state: DashboardState; readonly orders: readonly Order[] }>((last, event) => {
    const next = reduce(last.state, typeof event === "string" ? { kind: "key", key: event } : event);
    return { state: next.state, orders: [...last.orders, ...next.orders] };
  }, { state, orders: [] });
}

const start = createDashboard({ columns: 80, rows: 24 }, now);
const asked = (...proposals: readonly Proposal[]): DashboardEvent => ({ kind: "asks", identity: "dev-aaaaa", proposals, grants: [] });
const open = run(start, { kind: "bottles", bottles: [row("dev-aaaaa"), row("dev-bbbbb")] }, asked(proposal())).state;

test("bottles that run stand first; one that is gone takes what was known of it along", () => {
  const { state } = run(open, { kind: "bottles", bottles: [row("dev-zzzzz", "stopped"), row("dev-bbbbb")] });
  expect(bottleList(state).map(({ identity }) => identity)).toEqual(["dev-bbbbb", "dev-zzzzz"]);
  expect(pendingList(state)).toEqual([]);
});

test("what is chosen stays chosen when something new comes above it", () => {
  const { state } = run(open, "tab", asked(proposal(), proposal({ id: "p-00000002" })), "down", asked(proposal({ id: "p-00000000", createdAt: "2026-05-04T10:00:00Z" }), proposal(), proposal({ id: "p-00000002" })));
  expect(pendingList(state)[chosenIndex(state, "proposals")]?.id).toBe("p-00000002");
});

test("a yes is asked for over the details, and names the hash that was shown", () => {
  const opened = run(open, "tab", "a");
  expect(opened.orders).toEqual([]);
  expect(opened.state.view).toMatchObject({ kind: "details", subject: { id: "p-00000001" } });
  expect(opened.state.prompt).toMatchObject({ kind: "choose", question: "Approve for dev-aaaaa: GET api.example.com /v1/*?" });
  const shown = { identity: "dev-aaaaa", id: "p-00000001", hash: "a".repeat(64) };
  expect(run(opened.state, "y").orders).toEqual([{ kind: "approve", ...shown }]);
  expect(run(opened.state, "o").orders).toEqual([{ kind: "approve", ...shown, uses: 1 }]);
  expect(run(opened.state, "h").orders).toEqual([{ kind: "approve", ...shown, forMs: 3_600_000 }]);
  for (const no of ["n", "escape", "q", "enter", "a", " ", "Y"]) expect(run(opened.state, no).orders, no).toEqual([]);
});

test("a pasted text gives no order; into a line that is written it goes as one line", () => {
  const opened = run(open, "tab", "a").state;
  expect(run(opened, { kind: "paste", text: "y" }).orders).toEqual([]);
  const { state, orders } = run(open, "tab", "r", { kind: "paste", text: "no,\nnot \u001b[2Jthis" }, "enter");
  expect(orders).toEqual([{ kind: "reject", identity: "dev-aaaaa", id: "p-00000001", hash: "a".repeat(64), reason: "no, not \\u001b[2Jthis" }]);
  expect(state.prompt).toBeUndefined();
});

test("if it changed while it was looked at, the question is taken back and the new one is shown", () => {
  const changed = proposal({ hash: "b".repeat(64), ask: { kind: "egress", route: { host: "evil.example" } } });
  const { state, orders } = run(open, "tab", "a", asked(changed), "y");
  expect(orders).toEqual([]);
  expect(state).toMatchObject({ view: { kind: "details", subject: { hash: "b".repeat(64) } } });
  expect(run(open, "tab", "a", asked(changed)).state.notice?.text).toBe("p-00000001 changed while you looked at it; this is what is asked now.");
});

test("if another operator decided meanwhile, that is said and nothing is ordered", () => {
  const decided = proposal({ state: "rejected", decision: { by: "ann@desk", at: "2026-05-04T12:00:00Z" } });
  const { state, orders } = run(open, "tab", "a", asked(decided));
  expect(state.notice?.text).toBe("p-00000001 is decided already: rejected by ann@desk.");
  expect([...orders, ...run(state, "y", "a", "r").orders]).toEqual([]);
  expect(run(open, "tab", "e", asked()).state).toMatchObject({ view: { kind: "panes" }, notice: { text: "p-00000001 is gone." } });
});

test("what does not fit the screen must be read to its end before a yes", () => {
  const long = proposal({ ask: { kind: "capability", dockerfile: `FROM x\n${"RUN true\n".repeat(60)}` } });
  const first = run(open, asked(long), "tab", "a").state;
  expect(first.prompt).toBeUndefined();
  expect(first.notice?.text).toContain("read to the end");
  expect(run(first, "a", "y").orders).toEqual([]);
  expect(run(first, "end", "a", "y").orders).toMatchObject([{ kind: "approve" }]);
});

test("a route can be written anew: it is judged, shown, and then approved in place of the one asked for", () => {
  const writing = run(open, "tab", "e").state;
  expect(writing.prompt).toMatchObject({ kind: "write", what: "route", text: "GET api.example.com /v1/*" });
  const wrong = run(writing, "ctrl-u", ..."GET *", "enter");
  expect(wrong.orders).toEqual([]);
  expect(wrong.state.prompt).toMatchObject({ problem: expect.stringContaining("This is not a route that can be granted: host") });
  const { state, orders } = run(writing, "backspace", ..."one", "enter");
  expect(orders).toEqual([]);
  expect(state.prompt).toMatchObject({ question: "Approve for dev-aaaaa: GET api.example.com /v1/one?" });
  expect(run(state, "y").orders).toEqual([{ kind: "approve", identity: "dev-aaaaa", id: "p-00000001", hash: "a".repeat(64), route: { host: "api.example.com", methods: ["GET"], paths: ["/v1/one"] } }]);
});

test("an image or a push is granted whole, for no lifetime, and not written anew", () => {
  const image = proposal({ ask: { kind: "capability", dockerfile: "FROM node\nRUN true\n" } });
  expect(run(open, asked(image), "tab", "a").state.prompt).toMatchObject({ choices: [{ key: "y" }] });
  expect(run(open, asked(image), "tab", "e").state).toMatchObject({ notice: { text: expect.stringContaining("Only a route") } });
});

test("freezing is done at once, thawing and stopping ask, and nothing is done to what does not run", () => {
  expect(run(open, "f").orders).toEqual([{ kind: "freeze", identity: "dev-aaaaa" }]);
  const frozen = run(open, { kind: "traffic", now, traffic: [traffic("dev-aaaaa", 1, { isFrozen: true })] }).state;
  expect(run(frozen, "f").orders).toEqual([]);
  expect(run(frozen, "f", "y").orders).toEqual([{ kind: "thaw", identity: "dev-aaaaa" }]);
  expect(run(open, "down", "s").orders).toEqual([]);
  expect(run(open, "down", "s", "n", "s", "y").orders).toEqual([{ kind: "stop", identity: "dev-bbbbb" }]);
  const { state, orders } = run(open, { kind: "bottles", bottles: [row("dev-aaaaa", "stopped")] }, "f", "s");
  expect(orders).toEqual([]);
  expect(state.notice?.text).toBe("dev-aaaaa is not running. `bottle resume dev-aaaaa` goes on.");
});

test("a question about one bottle is not answered for another that comes under the cursor", () => {
  const { orders } = run(open, "s", { kind: "bottles", bottles: [row("aaa-00000"), row("dev-aaaaa"), row("dev-bbbbb")] }, "y");
  expect(orders).toEqual([{ kind: "stop", identity: "dev-aaaaa" }]);
});

test("a grant is taken back after a yes; a route of the manifest cannot be", () => {
  const grants = [{ proposal: "p-00000009", kind: "egress", route, since: "2026-05-04T11:00:00Z", used: 0 }] as const;
  const granted = run(open, { kind: "asks", identity: "dev-aaaaa", proposals: [], grants }, { kind: "manifest", identity: "dev-aaaaa", routes: [{ host: "b.example" }], dockerfile: undefined }, "4").state;
  expect(run(granted, "x").orders).toEqual([]);
  expect(run(granted, "x", "y").orders).toEqual([{ kind: "revoke", identity: "dev-aaaaa", id: "p-00000009" }]);
  expect(run(granted, "down", "x", "y").orders).toEqual([]);
});

test("decisions come newest first and are held to a number, counts go on", () => {
  const many = Array.from({ length: 20 }, (_, index) => ({ ...traffic("dev-aaaaa", index), decisions: Array.from({ length: 50 }, (__, at) => ({ identity: "dev-aaaaa", seq: index * 50 + at, time: new Date(now + index * 50 + at).toISOString(), event: network() })), denied: 50 }));
  const { state } = run(open, { kind: "traffic", now, traffic: many });
  expect(state.facts.get("dev-aaaaa")).toMatchObject({ denied: 1000 });
  expect(decisionList(state)).toHaveLength(keptDecisions);
  expect(decisionList(state)[0]?.seq).toBe(999);
});

test("only what was denied, and only the chosen bottle's, can be looked at", () => {
  const allowed = { identity: "dev-bbbbb", allowed: 1, denied: 0, used: new Map(), decisions: [{ identity: "dev-bbbbb", seq: 5, time: new Date(now).toISOString(), event: network({ decision: "allow" }) }] };
  const { state } = run(open, { kind: "traffic", now, traffic: [traffic("dev-aaaaa", 1), allowed] });
  expect(decisionList(run(state, "d").state).map(({ identity }) => identity)).toEqual(["dev-aaaaa"]);
  expect(decisionList(run(state, "down", "o").state).map(({ identity }) => identity)).toEqual(["dev-bbbbb"]);
  expect(chosenBottle(run(state, "down", "o").state)?.identity).toBe("dev-bbbbb");
});

test("what a bottle cannot be asked stays with it until it answers", () => {
  const troubled = run(open, { kind: "trouble", identity: "dev-aaaaa", message: "no answer" }).state;
  expect(troubled.facts.get("dev-aaaaa")).toMatchObject({ trouble: "no answer" });
  expect(proposalOf(troubled, { identity: "dev-aaaaa", id: "p-00000001" })).toBeDefined();
  expect(run(troubled, { kind: "trouble", identity: "dev-aaaaa", message: undefined }).state.facts.get("dev-aaaaa")).not.toHaveProperty("trouble");
});

test("on a terminal that is too small nothing is decided, for nobody sees what", () => {
  const { state, orders } = run(open, "tab", "a", { kind: "size", size: { columns: 59, rows: 24 } }, "y", "f");
  expect(orders).toEqual([]);
  expect(run(state, "q").orders).toEqual([{ kind: "quit", isInterrupted: false }]);
  expect(run(state, { kind: "size", size: { columns: 80, rows: 24 } }, "y").orders).toMatchObject([{ kind: "approve" }]);
});

test("q leaves, Ctrl-C leaves from anywhere, Escape and q go back from what is open", () => {
  expect(run(open, "q").orders).toEqual([{ kind: "quit", isInterrupted: false }]);
  expect(run(open, "?", "q").orders).toEqual([]);
  expect(run(open, "enter", "escape").state.view).toEqual({ kind: "panes" });
  for (const keys of [[], ["?"], ["tab", "a"], ["tab", "r"], ["enter"]]) expect(run(open, ...keys, "ctrl-c").orders).toEqual([{ kind: "quit", isInterrupted: true }]);
});
