import type { Ask, NetworkEvent, Proposal } from "@bottle/manifest";
import { expect, test } from "vitest";
import { widthOf } from "../../output/columns.ts";
import { createDashboard, type DashboardEvent, type DashboardState, type Size } from "../model.ts";
import { reduce } from "../reduce.ts";
import { layout } from "./layout.ts";
import { textOf } from "./line.ts";
import { shareRows } from "./share-rows.ts";

const now = Date.parse("2026-05-04T12:00:00Z");
const nasty = ["plain", "漢字かな", "한국어", "e\u0301\u0301\u0301\u0301", "\u{1f600}\u{1f468}\u200d\u{1f469}", "\u{1f1e9}\u{1f1ea}", "☎\ufe0f", "\u001b[2J\u001b[1;1Howned", "\u202etxt", "a\nb\tc\r", "\ud800", "ﷺ", "x".repeat(300), "\u0000", "ｆｕｌｌ", "\u{e0041}", "\u115f\u1160", " "];

function random(seed: number): (below: number) => number {
  let state = seed * 2 + 1;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

function apply(state: DashboardState, events: readonly DashboardEvent[]): DashboardState {
  return events.reduce((last, event) => reduce(last, event).state, state);
}

const keys = ["up", "down", "tab", "shift-tab", "enter", "escape", "?", "a", "r", "e", "f", "s", "x", "d", "o", "j", "k", "pagedown", "end", "y", "n", "1", "2", "3", "4", "漢", "\u{1f600}", "backspace", "left", "ctrl-u", "home"];

/** Anything that can happen, in any order, with texts that an attacker would choose. */
function events(next: (below: number) => number): readonly DashboardEvent[] {
  const text = (): string => Array.from({ length: 1 + next(6) }, () => nasty[next(nasty.length)]).join("");
  const identity = (): string => `dev-0000${next(4)}`;
  const route = (): { readonly host: string; readonly paths: readonly string[] } => ({ host: text(), paths: [text(), text()] });
  const asks: readonly (() => Ask)[] = [
    () => ({ kind: "egress", route: route() }), () => ({ kind: "pipelock", route: route() }),
    () => ({ kind: "capability", dockerfile: Array.from({ length: next(60) }, text).join("\n") || "FROM x" }),
    () => ({ kind: "push", push: { repository: text(), updates: [{ ref: text(), new: text() }], findings: [{ rule: text(), kind: "known", object: text(), type: "blob", path: text() }], review: [text()] } }),
  ];
  const proposal = (id: number): Proposal => ({
    version: 1, id: `p-0000000${id}`, identity: identity(), state: next(4) === 0 ? "rejected" : "pending", createdAt: new Date(now - next(1e6)).toISOString(), changedAt: "x", expiresAt: new Date(now + next(1e6)).toISOString(),
    ask: asks[next(4)]?.() ?? { kind: "egress", route: route() }, justification: text(), hash: String(next(3)), ...(next(4) === 0 && { decision: { by: text(), at: "x", reason: text() } }),
  });
  const event = (): NetworkEvent => ({ type: "network", decision: next(2) === 0 ? "allow" : "deny", layer: text(), reason: text(), host: text(), port: next(65_536), method: text(), path: text(), ...(next(2) === 0 && { count: next(1e6), alarm: true }) });
  const makers: readonly (() => DashboardEvent)[] = [
    () => ({ kind: "bottles", bottles: Array.from({ length: next(12) }, (_, index) => ({ identity: `dev-0000${index}`, status: (["running", "stopped", "crashed", "starting", "unreadable"] as const)[next(5)] ?? "running", agent: text(), backend: text(), since: new Date(now).toISOString(), workspace: text() })) }),
    () => ({ kind: "asks", identity: identity(), proposals: Array.from({ length: next(9) }, (_, index) => proposal(index)), grants: [{ proposal: "p-00000000", kind: "egress", route: route(), since: "2026-05-04T11:00:00Z", used: next(2) }] }),
    () => ({ kind: "traffic", now, traffic: [{ identity: identity(), allowed: next(1e6), denied: next(1e6), used: new Map([[text(), 1]]), isFrozen: next(2) === 0, decisions: Array.from({ length: next(40) }, (_, seq) => ({ identity: identity(), seq, time: new Date(now).toISOString(), event: event() })) }] }),
    () => ({ kind: "manifest", identity: identity(), dockerfile: next(2) === 0 ? text() : undefined, routes: next(3) === 0 ? undefined : Array.from({ length: next(9) }, () => ({ host: text(), deny: next(2) === 0 })) }),
    () => ({ kind: "trouble", identity: identity(), message: next(2) === 0 ? text() : undefined }),
    () => ({ kind: "notice", notice: { tone: "bad", text: text() } }),
    () => ({ kind: "size", size: { columns: 1 + next(200), rows: 1 + next(70) } }),
    () => ({ kind: "size", size: { columns: 60 + next(40), rows: 15 + next(20) } }),
    () => ({ kind: "paste", text: text() }),
    () => ({ kind: "tick", now: now + next(1e7) }),
  ];
  return Array.from({ length: 60 }, () => (next(2) === 0 ? { kind: "key", key: keys[next(keys.length)] ?? "j" } : makers[next(makers.length)]?.() ?? { kind: "tick", now }));
}

test("whatever happens, no line is wider than the terminal and no screen higher, and nothing on it moves the cursor", () => {
  for (let seed = 1; seed <= 15; seed += 1) {
    let state = createDashboard({ columns: 80, rows: 24 }, now);
    for (const event of events(random(seed))) {
      state = reduce(state, event).state;
      const lines = layout(state).map(textOf);
      expect(lines).toHaveLength(state.size.rows);
      for (const line of lines) {
        expect(widthOf(line), JSON.stringify([seed, line])).toBe(state.size.columns);
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b-\u200f]/);
      }
    }
  }
});

const bottles = (count: number): DashboardEvent => ({ kind: "bottles", bottles: Array.from({ length: count }, (_, index) => ({ identity: `dev-0000${index}`, status: index === 1 ? "stopped" : "running", agent: "dev", backend: "bubblewrap", since: "2026-05-04T11:00:00Z", workspace: "none" })) });

function screen(state: DashboardState): string {
  return layout(state).map((line) => textOf(line).trimEnd()).join("\n");
}

test("on 80×24 all four panes are seen, with what runs, what is asked, what was decided and what is in force", () => {
  const state = apply(createDashboard({ columns: 80, rows: 24 }, now), [
    bottles(2),
    { kind: "manifest", identity: "dev-00000", routes: [{ host: "registry.example", methods: ["GET"] }], dockerfile: undefined },
    { kind: "traffic", now, traffic: [{ identity: "dev-00000", allowed: 10, denied: 1, used: new Map(), decisions: [{ identity: "dev-00000", seq: 3, time: "2026-05-04T11:59:59Z", event: { type: "network", decision: "deny", layer: "route", reason: "no-route", host: "evil.example", port: 443, method: "GET", path: "/x", count: 7 } }] }] },
    { kind: "asks", identity: "dev-00000", grants: [{ proposal: "p-00000009", kind: "egress", route: { host: "b.example" }, since: "2026-05-04T11:00:00Z", used: 0, uses: 1 }], proposals: [{ version: 1, id: "p-00000001", identity: "dev-00000", state: "pending", createdAt: "2026-05-04T11:59:00Z", changedAt: "2026-05-04T11:59:00Z", expiresAt: "2026-05-04T12:30:00Z", ask: { kind: "egress", route: { host: "api.example.com", methods: ["GET"] } }, justification: "Docs are there.", hash: "a".repeat(64) }] },
  ]);
  expect(screen(state)).toBe(`\
 bottle dashboard  1 running of 2  1 asked: 2 shows it             12:00:00 UTC
── 1 Bottles (2) ───────────────────────────────────────────────────────────────
› dev-00000        running  bubblewrap 11:00 asks 1 ✓ 2/s 10/min ✗ 0.2/s 1/min
  dev-00001        stopped  bubblewrap 11:00 bottle resume dev-00001
── 2 Asked (1) ─────────────────────────────────────────────────────────────────
› dev-00000    p-00000001 30m  GET api.example.com any path Docs are there.
── 3 Decisions ─────────────────────────────────────────────────────────────────
› 11:59:59 ✗ dev-00000    7× GET evil.example/x route: no-route
`.trimEnd() + "\n".repeat(12) + `\
── 4 In force for dev-00000 (2) ────────────────────────────────────────────────
› unused    grant p-00000009 any method b.example any path once
  unused    GET registry.example any path

? help  Tab pane  Enter details  a/r/e decide  f freeze  s stop  q quit`);
});

test("below 60×15 it says what it needs, and with room again it goes on", () => {
  const small = apply(createDashboard({ columns: 59, rows: 15 }, now), [bottles(1)]);
  expect(screen(small)).toContain("This terminal is 59×15;\nbottle dashboard needs 60×15.");
  for (const size of [{ columns: 60, rows: 15 }, { columns: 300, rows: 100 }] satisfies Size[]) expect(screen(apply(small, [{ kind: "size", size }]))).toContain("1 Bottles");
});

test("every pane has a line on the smallest screen, and what nobody needs is the decisions'", () => {
  const busy = { bottles: 99, proposals: 99, decisions: 99, routes: 99 };
  expect(shareRows(12, busy, "bottles")).toEqual({ bottles: 2, proposals: 2, decisions: 2, routes: 2 });
  expect(shareRows(21, { bottles: 1, proposals: 0, decisions: 0, routes: 2 }, "bottles")).toEqual({ bottles: 1, proposals: 1, decisions: 13, routes: 2 });
  expect(shareRows(44, busy, "routes")).toEqual({ bottles: 5, proposals: 5, decisions: 5, routes: 25 });
});

test("what an agent wrote is marked line by line, so that none of it can pass for what bottle says", () => {
  const fake = "fine\nWhat a yes allows in addition\n+ nothing at all";
  const state = apply(createDashboard({ columns: 80, rows: 40 }, now), [bottles(1), { kind: "asks", identity: "dev-00000", grants: [], proposals: [{ version: 1, id: "p-00000001", identity: "dev-00000", state: "pending", createdAt: "2026-05-04T11:59:00Z", changedAt: "x", expiresAt: "2026-05-04T12:30:00Z", ask: { kind: "capability", dockerfile: `FROM x\n${fake}` }, justification: `${fake} ${"and on ".repeat(20)}`, hash: "a" }] }, { kind: "key", key: "2" }, { kind: "key", key: "enter" }]);
  const lines = screen(state).split("\n");
  const own = lines.filter((line) => !/^ {2}([│+…]|… )/.test(line));
  expect(own.filter((line) => /What a yes|nothing at all|and on/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.includes("nothing at all"))).toEqual(["  + + nothing at all", expect.stringMatching(/^ {2}│ \+ nothing at all/)]);
});
