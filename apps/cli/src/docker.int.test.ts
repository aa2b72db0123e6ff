import type { ChildProcess } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkAuditChain } from "@bottle/manifest/state";
import { assert, describe, expect } from "vitest";
import { docker, test } from "./testing/docker-bottle.ts";

const start = ["start", "dev", "--yes"];
const timeout = 120_000;
const roles = ["agent", "home", "inside", "outside", "shown", "sidecars", "sidecars", "workspace"];

/** Ends a command line by a signal and gives its exit status; Docker's clients that it started go with it. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const ended = once(child, "exit");
  child.kill(signal);
  const [status] = await ended;
  return status;
}

async function hasSpoken({ stdout }: ChildProcess): Promise<void> {
  if (stdout !== null) await once(stdout, "data");
}

describe("an agent in containers", { timeout }, () => {
  test("its streams, arguments and status come through; a resume finds home, workspace, CA and record; diff, apply, logs and info tell of it", async ({ rig }) => {
    writeFileSync(join(rig.project, "a.txt"), "one\n");
    await rig.agent(`read line; echo "got $line and $*"; echo complaint >&2; echo run >> ~/runs; wc -l < ~/runs >> a.txt; curl -s http://elsewhere.example.com/hello > /dev/null; exit 7`);
    const first = await rig.run([...start, "--", "--flag", "a b"], { input: "input\n" });
    expect(first).toMatchObject({ status: 7, stdout: "got input and --flag a b\n", stderr: expect.stringContaining("complaint\n") });
    expect(first.stderr).toContain("isolation  container, by docker");
    const identity = rig.only();
    expect(await rig.list()).toMatchObject([{ identity, status: "stopped" }]);
    expect(await rig.metadata(identity)).toMatchObject({ backend: "docker", status: "stopped", exitCode: 7 });
    expect(rig.owned()).toEqual([]);
    const root = join(rig.home, "state", identity);
    const ca = readFileSync(join(root, "shown/ca.pem"), "utf8");
    const record = readFileSync(join(root, "audit.jsonl"), "utf8");
    expect(first.stderr).toContain(`\n  ca         SHA-256 ${new X509Certificate(ca).fingerprint256}\n`);

    // Without the variable: a bottle stays on its backend.
    expect(await rig.run(["resume", identity, "--yes"], { env: { BOTTLE_BACKEND: "" }, input: "again\n" })).toMatchObject({ status: 7, stdout: "got again and \n" });
    expect(readFileSync(join(root, "shown/ca.pem"), "utf8")).toBe(ca);
    const whole = readFileSync(join(root, "audit.jsonl"), "utf8");
    expect(whole.startsWith(record) && whole.length > record.length, "the record goes on").toBe(true);
    expect(checkAuditChain(whole.trimEnd().split("\n"), (text) => createHash("sha256").update(text).digest("hex"))).toMatchObject({ ok: true });

    expect((await rig.run(["diff", identity])).stdout).toBe("M a.txt\n\na.txt\n@@ -1 +1,3 @@\n one\n+1\n+2\n");
    expect(await rig.run(["apply", identity, "--yes"])).toMatchObject({ status: 0, stderr: "1 change brought home.\n" });
    expect(readFileSync(join(rig.project, "a.txt"), "utf8")).toBe("one\n1\n2\n");
    expect((await rig.run(["logs", identity, "--denied"])).stdout.match(/deny {3}GET elsewhere\.example\.com:80\/hello {2}403 /g)).toHaveLength(2);
    expect((await rig.run(["logs", identity])).stdout, "the line that says they are up is no complaint").not.toContain("BEGIN CERTIFICATE");
    expect((await rig.run(["info", identity])).stdout).toMatch(/^backend +docker$/m);
  });

  test("on a terminal it has one of its own, of the right size, with its keys and its status", async ({ rig }) => {
    await rig.agent(`test -t 0 && test -t 1 && echo on a terminal of $(stty size); read key; echo "read $key"; cat; exit 6`);
    using outer = rig.terminal("start", "dev");
    await outer.shows("Start? [y/N]");
    outer.type("y", "Enter");
    await outer.shows("on a terminal of 40 120");
    outer.type("key", "Enter");
    await outer.shows("read key");
    outer.type("C-d");
    expect(await outer.ends()).toBe(6);
    expect(outer.screen()).toContain(`bottle resume ${rig.only()}`);
  });

  test("detached: attach, exec, diff and logs reach it while it runs, stop ends it, and a resume goes on", async ({ rig }) => {
    await rig.agent(`cat ~/said 2>/dev/null; echo "hello from $0"; while read line; do case $line in quit) exit 5;; *) echo "heard $line"; echo "$line" | tee -a ~/said > line.txt;; esac; done`);
    const started = await rig.run([...start, "--detach"]);
    expect(started).toMatchObject({ status: 0, stdout: expect.stringMatching(/^dev-\w{5} runs\. /) });
    const identity = rig.only();
    expect(started.stderr).toContain(`  ca         SHA-256 ${new X509Certificate(readFileSync(join(rig.home, "state", identity, "shown/ca.pem"))).fingerprint256}\n`);
    expect(rig.owned().map((name) => name.replace(/.*-/, ""))).toEqual(roles);
    {
      using outer = rig.terminal("attach", identity);
      await outer.shows("hello from agent");
      outer.type("one", "Enter");
      await outer.shows("heard one");
      outer.type("C-\\");
      expect(await outer.ends()).toBe(0);
    }
    expect(await rig.run(["exec", identity, "--", "sh", "-c", "cat; cat line.txt; exit 3"], { input: "piped " })).toMatchObject({ status: 3, stdout: "piped one\n" });
    expect((await rig.run(["diff", identity, "--stat"])).stdout).toBe("A line.txt\n");
    await rig.run(["exec", identity, "--", "curl", "-s", "http://elsewhere.example.com/now"]);
    expect((await rig.run(["logs", identity, "--denied"])).stdout).toContain("GET elsewhere.example.com:80/now");
    expect(await rig.run(["apply", identity, "--yes"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is running") });
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ stdout: "Nothing to clean up.\n" });

    expect(await rig.run(["stop", identity])).toMatchObject({ status: 0, stdout: expect.stringContaining("is stopped") });
    expect(rig.owned()).toEqual([]);
    expect(await rig.run(["exec", identity, "--", "true"])).toMatchObject({ status: 1, stderr: expect.stringContaining(`bottle resume ${identity}`) });
    expect(await rig.run(["resume", identity, "--yes", "--detach"])).toMatchObject({ status: 0 });
    using again = rig.terminal("attach", identity);
    await again.shows("one\nhello from agent");
    again.type("quit", "Enter");
    expect(await again.ends()).toBe(5);
    expect(await rig.list()).toMatchObject([{ status: "stopped" }]);
  });
});

describe("a command line that is ended", { timeout }, () => {
  test("by Ctrl-C brings the work home and leaves nothing, also while it launches", async ({ rig }) => {
    await rig.agent("trap '' INT; echo work > work.txt; echo up; sleep 100");
    const running = rig.start(start);
    await hasSpoken(running);
    expect(await end(running, "SIGINT")).toBe(130);
    expect(await rig.metadata(rig.only())).toMatchObject({ status: "stopped" });
    expect(readFileSync(join(rig.home, "state", rig.only(), "workspace/work.txt"), "utf8")).toBe("work\n");
    expect(rig.owned()).toEqual([]);
    const launching = rig.start(start);
    await expect.poll(() => rig.owned().length, { timeout: 30_000 }).toBeGreaterThan(3);
    expect(await end(launching, "SIGINT")).toBe(130);
    expect(rig.identities()).toHaveLength(1);
    expect(rig.owned()).toEqual([]);
  });

  test("by kill -9 is listed as crashed; cleanup removes what bears its label, and a stranger of a similar name stays", async ({ rig }) => {
    await rig.agent("echo work > work.txt; echo up; sleep 1000");
    const running = rig.start(start);
    await hasSpoken(running);
    await end(running, "SIGKILL");
    const identity = rig.only();
    expect(await rig.list()).toMatchObject([{ identity, status: "crashed" }]);
    const [agent = ""] = rig.owned();
    const stranger = `${agent}-1`;
    docker("create", "--name", stranger, "--label", "bottle.identity=mine", inImage(), "true");
    try {
      expect((await rig.run(["cleanup", "--dry-run"])).stdout).toContain(`${identity}: its keeper is gone`);
      expect(rig.owned()).toHaveLength(roles.length);
      for (const unborn of ["aaa-00000", "zzz-00000"]) await rig.write(`state/${unborn}/metadata.json.1.abc.tmp`, "{");
      expect(await rig.run(["cleanup", "--yes"], { env: { DOCKER_HOST: `unix://${rig.home}/nobody.sock` } }), "without its engine").toMatchObject({
        status: 4, stderr: expect.stringContaining(`${identity} could not be cleaned up.\nbottle: `),
      });
      expect([rig.only(), rig.owned().length]).toEqual([identity, roles.length]);
      expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0 });
      expect(rig.owned()).toEqual([]);
      expect(docker("ps", "--all", "--filter", `name=^${stranger}$`, "--format", "{{.Names}}")).toBe(stranger);
    } finally {
      docker("rm", "--force", stranger);
    }
    expect(readFileSync(join(rig.home, "state", identity, "workspace/work.txt"), "utf8")).toBe("work\n");
    expect((await rig.run(["cleanup", "--yes"])).stdout).toBe("Nothing to clean up.\n");
  });

  test("by kill -9 while it launches leaves nothing at all once it is cleaned up, even where its metadata broke", async ({ rig }) => {
    await rig.agent("true");
    const launching = rig.start(start);
    await expect.poll(() => rig.owned().length, { timeout: 30_000 }).toBeGreaterThan(3);
    await end(launching, "SIGKILL");
    const file = join(rig.home, "state", rig.only(), "metadata.json");
    const metadata = readFileSync(file, "utf8");
    writeFileSync(file, "not JSON");
    expect(await rig.list()).toMatchObject([{ status: "unreadable" }]);
    // What its clients had asked of the engine comes to its end there.
    await delay(3000);
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0, stdout: expect.stringContaining("its metadata cannot be read") });
    expect(rig.owned()).toEqual([]);
    writeFileSync(file, metadata);
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0, stdout: expect.stringContaining("its agent never ran") });
    expect(rig.identities()).toEqual([]);
  });

  test("and whose folder is gone as well is found by its label; cleanup brings its work into a new folder, and nobody else's goes", async ({ rig }) => {
    await rig.agent("echo work > work.txt; echo home > ~/home.txt; echo up; sleep 1000");
    const running = rig.start(start);
    await hasSpoken(running);
    await end(running, "SIGKILL");
    const identity = rig.only();
    rmSync(join(rig.home, "state", identity), { recursive: true });
    const foreign = ["volume", "create", "--label", `bottle.owned=0123456789ab:${identity}`, "--label", "bottle.home=0123456789ab", "--label", `bottle.identity=${identity}`];
    const another = docker(...foreign);
    try {
      expect(await rig.run(["cleanup", "--yes"], { env: { DOCKER_HOST: `unix://${rig.home}/nobody.sock` } }), "without its engine").toMatchObject({ status: 0, stderr: expect.stringContaining("could not be seen") });
      expect((await rig.run(["cleanup", "--dry-run"])).stdout).toContain(`${identity}: its folder is gone and docker still has it`);
      expect([rig.identities(), rig.owned().length]).toEqual([[], roles.length]);
      expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0, stderr: "" });
      expect(rig.owned()).toEqual([]);
      expect(docker("volume", "ls", "--quiet", "--filter", "label=bottle.home=0123456789ab")).toBe(another);
    } finally {
      docker("volume", "rm", another);
    }
    expect(await rig.list()).toMatchObject([{ identity, status: "crashed" }]);
    const folder = join(rig.home, "state", identity);
    expect([readFileSync(join(folder, "workspace/work.txt"), "utf8"), readFileSync(join(folder, "agent/home.txt"), "utf8")]).toEqual(["work\n", "home\n"]);
    expect((await rig.run(["cleanup", "--yes"])).stdout).toBe("Nothing to clean up.\n");
  });

  test("a keeper killed in the background is cleaned up as well", async ({ rig }) => {
    await rig.agent("echo work > ~/work.txt; sleep 1000");
    await rig.run([...start, "--detach"]);
    const { keeper } = await rig.metadata(rig.only());
    assert(keeper !== undefined);
    process.kill(keeper.pid, "SIGKILL");
    await expect.poll(async () => (await rig.list())[0]?.status, { timeout: 10_000 }).toBe("crashed");
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0 });
    expect(rig.owned()).toEqual([]);
    expect(existsSync(join(rig.home, "state", rig.only(), "agent/work.txt"))).toBe(true);
  });
});

function inImage(): string {
  return docker("image", "ls", "--quiet", "--filter", "label=bottle.image=agent").split("\n")[0] ?? "";
}
