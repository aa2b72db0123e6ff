import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startFixtureInternet } from "@bottle/fixture-internet";
import { assert, expect } from "vitest";
import { askingAgent, askingManifest, operatorOf, waitingFor, wantedHost } from "./testing/asking-shell.ts";
import { test, type DevRig } from "./testing/dev-bottle.ts";

const timeout = 60_000;

async function asking(rig: DevRig, script: string): Promise<AsyncDisposable> {
  const internet = await startFixtureInternet({ hosts: { [wantedHost]: undefined } });
  await rig.write("upstream.pem", internet.caCertificate);
  await rig.write("bottles/dev.md", askingManifest(rig, internet));
  await rig.agent(`${askingAgent}\n${script}`);
  return internet;
}

test("an agent that was refused asks, is granted what it asked on a terminal, and goes on; the grant is counted and written down; one that is used up or taken back lets nothing through", { timeout }, async ({ rig }) => {
  await using _internet = await asking(rig, "reach /list; ask /list; reach /list; reach /other; ask /more; reach /more; reach /more; reach /list");
  const operate = operatorOf(rig);
  const manifest = readFileSync(join(rig.home, "bottles/dev.md"), "utf8");
  const child = rig.start(["start", "dev", "--yes"]);
  let [said, told] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (told += chunk));
  const ended = once(child, "exit");
  const first = await waitingFor(operate, "/list");
  {
    using outer = rig.terminal("proposals", "approve", first.id);
    await outer.shows("[y/N]");
    outer.type("n", "Enter");
    expect(await outer.ends()).toBe(1);
    expect((await operate("proposals", "show", first.id)).stdout).toContain("pending");
  }
  {
    using outer = rig.terminal("proposals", "approve", first.id, "--always");
    await outer.shows("Approve, for as long as the bottle is there, resumes included? [y/N]");
    expect(outer.screen()).toContain(`it adds GET on https://${wantedHost}/list; nothing was allowed on this host before`);
    expect(outer.screen()).toContain("│ the build wants /list");
    outer.type("y", "Enter");
    expect(await outer.ends()).toBe(0);
  }
  expect(readFileSync(join(rig.home, "bottles/dev.md"), "utf8")).toBe(manifest.replace("routes: []", `routes: [{ host: ${wantedHost}, ports: [443], methods: [GET], paths: [/list] }]`));
  const second = await waitingFor(operate, "/more");
  expect(JSON.parse((await operate("grants", "--json")).stdout)).toMatchObject([{ identity: rig.only(), running: true, proposal: first.id, used: 1, always: true }]);
  expect(await operate("grants", "revoke", first.id)).toMatchObject({ status: 0, stderr: expect.stringContaining("bottle edit bottle dev") });
  const both = await Promise.all(["ann", "bob"].map((by) => operate("proposals", "approve", second.id, "--once", "--hash", second.hash, "--by", by)));
  expect(both.map(({ status }) => status).toSorted(), "two operators at once decide once").toEqual([0, 1]);
  expect(both.find(({ status }) => status === 1)?.stderr).toMatch(/(?:ann|bob) approved it at|approved by (?:ann|bob) at/);
  await ended;
  expect(said.split("\n").filter(Boolean)).toEqual([
    "status: /list 403", "answer: /list approved", "status: /list 200", "status: /other 403", "answer: /more approved", "status: /more 200",
    // The end of a grant cuts what was opened by it: a request that comes in that moment hears nothing.
    expect.stringMatching(/^status: \/more (?:403|cut)$/), expect.stringMatching(/^status: \/list (?:403|cut)$/),
  ]);
  expect(told).toContain(`bottle: ${rig.only()} asks for a route: bottle proposals show ${first.id}\n`);
  expect(JSON.parse((await operate("grants", "--json")).stdout)).toEqual([]);
  expect(JSON.parse((await operate("proposals", "show", second.id, "--json")).stdout)).toMatchObject({ state: "applied", running: false, decision: { uses: 1 } });
});

test("of a detached bottle a webhook is told, and who looks at its terminal, in bottle's own words; after a kill and a resume it can still be decided", { timeout }, async ({ rig }) => {
  await using _internet = await asking(rig, `echo up; while read path; do ask "$path"; reach "$path"; done`);
  const operate = operatorOf(rig);
  const posts: unknown[] = [];
  const hook = createServer(async (request, response) => {
    posts.push(JSON.parse(await text(request)));
    response.end();
  });
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
  const env = { BOTTLE_NOTIFY_WEBHOOK: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/` };
  expect(await rig.run(["start", "dev", "--yes", "--detach"], { env })).toMatchObject({ status: 0 });
  const identity = rig.only();
  using outer = rig.terminal("attach", identity);
  await outer.shows("up");
  outer.type("/#(touch${IFS}ran)", "Enter");
  await outer.shows("answer:");
  outer.type("/list", "Enter");
  const { id, hash } = await waitingFor(operate, "/list");
  await outer.shows(`${identity} asks for a route: bottle proposals show ${id}`);
  await expect.poll(() => posts, { timeout: 10_000 }).toEqual([{ text: `${identity} asks for a route: bottle proposals show ${id}`, identity, proposals: [{ id, kind: "egress" }] }]);
  hook.close();
  const { keeper } = await rig.metadata(identity);
  assert(keeper !== undefined);
  process.kill(keeper.pid, "SIGKILL");
  await expect.poll(async () => (await rig.list())[0]?.status, { timeout: 10_000 }).toBe("crashed");
  expect(await operate("proposals", "approve", id, "--hash", hash)).toMatchObject({ status: 1, stderr: expect.stringContaining(`\`bottle resume ${identity}\` first; the proposal is kept.`) });
  expect(await operate("resume", "dev-zzzzz")).toMatchObject({ status: 6, stderr: expect.stringContaining(identity) });
  expect(await rig.run(["resume", identity, "--yes", "--detach"])).toMatchObject({ status: 0 });
  expect(await operate("proposals", "reject", id, "--hash", hash, "--reason", "use the mirror")).toMatchObject({ status: 0 });
  using again = rig.terminal("attach", identity);
  await again.shows("up");
  again.type("/list", "Enter");
  await again.shows("answer: /list rejected use the mirror");
  await again.shows("status: /list 403");
});
