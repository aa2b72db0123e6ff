import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeDevRig, createDevRig, type DevRig } from "./testing/dev-bottle.ts";
import { openTerminal, type OuterTerminal } from "./testing/outer-terminal.ts";

// Another host each time: what is alike is put on record together.
const refusing = "i=0; while :; do i=$((i + 1)); curl -s -o /dev/null --max-time 2 https://r$i.refused.example/x; sleep 1; done";
const patience = { timeout: 30_000, interval: 200 };

/** The dashboard on a terminal of 80 by 24 on which something stands already. */
function open(rig: DevRig, env: Readonly<Record<string, string>> = {}): OuterTerminal {
  const { argv, env: plain } = rig.command(["dashboard"]);
  const terminal = openTerminal({ argv: ["sh", "-c", 'echo "[stood here before]"; exec "$@"', "sh", ...argv], env: { ...plain, ...env }, cwd: rig.project });
  terminal.resize(80, 24);
  return terminal;
}

/** Fails unless the terminal is as it was before. */
async function expectRestored(terminal: OuterTerminal): Promise<void> {
  await expect.poll(() => terminal.modes(), patience).toEqual({ hasCursor: true, isAlternate: false });
  expect(terminal.screen()).toContain("[stood here before]");
  expect(terminal.screen()).not.toContain("1 Bottles");
}

async function start(rig: DevRig): Promise<string> {
  await rig.write("bottles/dev.md", "---\nsupervise: true\n---\n");
  await rig.agent(refusing);
  expect(await rig.run(["start", "dev", "--yes", "--detach"])).toMatchObject({ status: 0 });
  return rig.only();
}

function isSidecars(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("sidecars");
  } catch {
    // What the agent runs may have ended meanwhile.
    return false;
  }
}

/** Asks as an agent does, over MCP, and gives what it was answered. */
function askInside(rig: DevRig, identity: string, path: string): Promise<{ readonly stdout: string }> {
  const message = (body: object): string => `'${JSON.stringify({ jsonrpc: "2.0", ...body })}'`;
  const script = `post() { curl -sS -m 55 -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' "$@" http://supervise:9100/mcp; }
post -D /tmp/head-$$ -o /dev/null -d ${message({ id: 1, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "agent", version: "1" } } })}
session=$(tr -d '\\r' < /tmp/head-$$ | sed -n 's/^[Mm][Cc][Pp]-[Ss]ession-[Ii]d: //p')
post -H "mcp-session-id: $session" -d ${message({ method: "notifications/initialized" })}
post -H "mcp-session-id: $session" -d ${message({ id: 2, method: "tools/call", params: { name: "egress-block", arguments: { host: "asked.example", path, justification: "The docs are there.\u202e" } } })}`;
  return rig.run(["exec", identity, "--", "sh", "-c", script]);
}

describe("bottle dashboard", { timeout: 120_000 }, () => {
  let rig: DevRig;
  let identity: string;
  beforeAll(async () => {
    rig = await createDevRig();
    identity = await start(rig);
  }, 60_000);
  afterAll(() => closeDevRig(rig), 60_000);

  test("what an agent asks is approved or rejected on it, after a look, and the agent is answered", async () => {
    using terminal = open(rig);
    await terminal.shows("No agent waits for an answer.");
    const approved = askInside(rig, identity, "/docs/**");
    await terminal.shows("asked.example");
    terminal.type("2", "a");
    await terminal.shows(`Approve for ${identity}: GET|HEAD asked.example:443 /docs/**?`);
    expect(terminal.screen()).toContain("it adds GET and HEAD on https://asked.example/docs/**");
    expect(terminal.screen()).not.toContain("\u202e");
    terminal.type("o");
    await terminal.shows("is approved and in force.");
    expect((await approved).stdout).toContain("approved");
    terminal.type("Escape");
    await terminal.shows("asked.example:443 /docs/** once");
    const rejected = askInside(rig, identity, "/other");
    await terminal.shows("/other");
    terminal.type("r");
    await terminal.shows("Why not? The agent reads this.");
    terminal.type("use the mirror", "Enter");
    await terminal.shows("is rejected; its agent is told.");
    expect((await rejected).stdout).toContain("use the mirror");
    terminal.type("C-c");
    expect(await terminal.ends()).toBe(130);
    await expectRestored(terminal);
  });

  test("sidecars that hang are told of in their bottle's line until they answer, and nothing else waits for them", async () => {
    using terminal = open(rig);
    using leaving = open(rig);
    await Promise.all([terminal.shows("refused.example"), leaving.shows("refused.example")]);
    const pids = (await rig.processes(identity)).filter(isSidecars);
    expect(pids).not.toEqual([]);
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    try {
      await terminal.shows("no answer");
      terminal.type("Enter");
      await terminal.shows("The sidecars do not answer.");
      leaving.type("q");
      expect(await leaving.ends(), leaving.screen()).toBe(0);
    } finally {
      for (const pid of pids) process.kill(pid, "SIGCONT");
    }
    // They find that who asked is gone, and go on.
    await expect.poll(() => terminal.screen(), { timeout: 60_000 }).not.toContain("do not answer");
    expect(pids.every(isSidecars)).toBe(true);
  });

  test("SIGTERM and a fault of its own give the terminal back, and the fault can be read", async () => {
    const script = "process.on('SIGUSR2', () => { throw new Error('planted fault'); })";
    using faulty = open(rig, { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` });
    using killed = open(rig, { NO_COLOR: "1" });
    await Promise.all([faulty.shows("1 Bottles"), killed.shows("1 Bottles")]);
    expect(faulty.styled()).toContain("\u001b[2m");
    expect(killed.styled()).not.toMatch(/\u001b\[(?:2|3[0-7]|9[0-7])m/);
    const [pid] = killed.processes("dashboard");
    expect(pid).toBeDefined();
    process.kill(pid ?? 0, "SIGTERM");
    expect(await killed.ends()).toBe(143);
    await expectRestored(killed);
    process.kill(faulty.processes("dashboard")[0] ?? 0, "SIGUSR2");
    expect(await faulty.ends()).not.toBe(0);
    await expectRestored(faulty);
    expect(faulty.screen()).toContain("planted fault");
  });

  test("no other command loads what draws it", async () => {
    const hooks = `import { registerHooks } from "node:module"; registerHooks({ resolve: (name, at, next) => (/^(?:ink|react|string-width)$/.test(name) && process.stderr.write("[loads " + name + "]"), next(name, at)) });`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hooks)}` };
    for (const args of [["list"], ["--help"], ["proposals"], ["dashboard", "--help"]]) expect((await rig.run(args, { env })).stderr, args.join(" ")).not.toContain("[loads");
    using terminal = open(rig, env);
    await terminal.shows("1 Bottles");
    terminal.type("q");
    await terminal.ends();
    expect(terminal.screen()).toContain("[loads ink]");
  });

  test("without a terminal that can be drawn on it says what shows the same", async () => {
    const mend = "`bottle list` shows the bottles, `bottle proposals` what agents ask for.";
    expect(await rig.run(["dashboard"])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining(mend) });
    const { argv, env } = rig.command(["dashboard"]);
    using dumb = openTerminal({ argv: ["env", "TERM=dumb", ...argv], env, cwd: rig.project });
    expect(await dumb.ends()).toBe(1);
    expect(dumb.screen()).toContain('The dashboard cannot draw on a terminal of kind "dumb".');
  });

  test("shows what runs and what it is refused, freezes, follows the size of the terminal, and leaves it as it was", async () => {
    using terminal = open(rig);
    await terminal.shows("refused.example route: no-route");
    expect(terminal.modes()).toEqual({ hasCursor: false, isAlternate: true });
    expect(terminal.screen()).toMatch(new RegExp(`› ${identity} +running +bubblewrap +\\d\\d:\\d\\d ✓`));
    terminal.type("f");
    await terminal.shows(`${identity} is frozen: nothing leaves it.`);
    await terminal.shows("refused.example state: frozen");
    terminal.resize(60, 20);
    await expect.poll(() => terminal.screen().split("\n").map((line) => line.length), patience).toSatisfy((widths: readonly number[]) => widths.length <= 20 && Math.max(...widths) <= 60);
    await terminal.shows("1 running of 1");
    terminal.resize(50, 12);
    await terminal.shows("This terminal is 50×12;");
    terminal.resize(80, 24);
    await terminal.shows("4 In force for");
    expect(terminal.screen().split("\n").filter((line) => line.includes("1 Bottles"))).toHaveLength(1);
    terminal.type("f");
    await terminal.shows(`Thaw ${identity}? Its routes count again.`);
    terminal.type("y");
    await terminal.shows(`${identity} is thawed.`);
    terminal.type("s");
    await terminal.shows(`Stop ${identity}? Its work is kept.`);
    terminal.type("y");
    await terminal.shows(`bottle resume ${identity}`);
    expect(await rig.list()).toMatchObject([{ status: "stopped" }]);
    terminal.type("q");
    expect(await terminal.ends()).toBe(0);
    await expectRestored(terminal);
  });
});
