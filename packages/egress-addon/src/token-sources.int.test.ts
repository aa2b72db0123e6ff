import { spawnSync } from "node:child_process";
import { appendFile, chmod, chown, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTokenSources, type TokenLookup } from "./credentials/sources/create-token-sources.ts";
import type { TokenSource } from "./credentials/sources/model.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
let directory = "";
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), "tokens-"))));
afterAll(() => rm(directory, { recursive: true, force: true }));

const value = "value-of-a-source-0123";
const open = (source: TokenSource, env: Readonly<Record<string, string>> = {}): TokenLookup => createTokenSources({ T: source }, { env: { PATH: process.env["PATH"], ...env } });
let files = 0;
const fileWith = async (text: string, mode = 0o600): Promise<string> => {
  const path = join(directory, `file-${files += 1}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
};
/** A command that notes each of its runs in a file. */
const counted = async (script: string): Promise<{ readonly command: readonly string[]; runs(): Promise<number> }> => {
  const log = await fileWith("");
  return { command: ["sh", "-c", `echo >> '${log}'; ${script}`], runs: async () => (await readFile(log, "utf8")).length };
};
const isAlive = (pid: string): boolean => spawnSync("kill", ["-0", pid]).status === 0;

test("a variable is looked at each time, at once, and an inherited property is none", () => {
  const env: Record<string, string> = { A: "first" };
  const lookup = createTokenSources({ T: { env: "A" }, U: { env: "B" }, V: { env: "toString" } }, { env });
  expect(lookup("T")).toBe("first");
  env["A"] = "second";
  expect([lookup("T"), lookup("U"), lookup("V"), lookup("toString")]).toEqual(["second", undefined, undefined, undefined]);
  expect([lookup.problem("T"), lookup.problem("U"), lookup.problem("X")]).toEqual([undefined, "the variable B is not set", "it has no source"]);
});

test("a file is read at once, without the line's end after it, and anew when it has changed", async () => {
  const file = await fileWith(`${value}\n`);
  const lookup = open({ file });
  expect(lookup("T")).toBe(value);
  await writeFile(file, "second\r\n");
  expect(lookup("T")).toBe("second");
  await writeFile(file, "third\n\n");
  expect(lookup("T")).toBe("third\n");
  await rename(await fileWith("fourth"), file);
  expect(lookup("T")).toBe("fourth");
  await rm(file);
  expect(lookup("T")).toBeUndefined();
  expect(lookup.problem("T")).toBe(`${file} cannot be read (ENOENT)`);
  await rename(await fileWith(value), file);
  expect([lookup("T"), lookup.problem("T")]).toEqual([value, undefined]);
});

test("where files are to be private, one that is open to others is not read, also if it is opened up later", async () => {
  const file = await fileWith(value, 0o640);
  const lookup = createTokenSources({ T: { file } }, { arePrivate: true });
  expect([lookup("T"), lookup.problem("T")]).toEqual([undefined, `${file} is open to others (mode 640); chmod 600 closes it`]);
  await chmod(file, 0o600);
  expect([lookup("T"), lookup.problem("T")]).toEqual([value, undefined]);
  await chmod(file, 0o604);
  expect(lookup("T")).toBeUndefined();
  expect(createTokenSources({ T: { file } })("T")).toBe(value);
});

// Only root can give a file away.
test.runIf(process.getuid?.() === 0)("nor one of another user", async () => {
  const file = await fileWith(value);
  await chown(file, 1000, 1000);
  const lookup = createTokenSources({ T: { file } }, { arePrivate: true });
  expect([lookup("T"), lookup.problem("T")]).toEqual([undefined, `${file} is another user's`]);
});

test("a command runs where it is told to, so that no program of the folder one stands in is taken", async () => {
  const here = await mkdtemp(join(directory, "project-"));
  await writeFile(join(here, "give-token"), "#!/bin/sh\necho hostile\n", { mode: 0o755 });
  const relative = { env: { PATH: `./${basename(here)}:.:${process.env["PATH"]}` } };
  await using trapped = createTokenSources({ T: { command: ["give-token"] } }, { ...relative, directory: here });
  expect(await trapped("T")).toBe("hostile");
  await using safe = createTokenSources({ T: { command: ["give-token"] }, U: { command: ["pwd"] } }, { ...relative, directory: "/" });
  expect(await safe("T")).toBeUndefined();
  expect([await safe("U"), safe.problem("T")]).toEqual(["/", "the command cannot be started (ENOENT)"]);
});

test("a link that is turned to another file counts as a change, as with mounted secrets", async () => {
  const link = join(directory, "link");
  await symlink(await fileWith("first"), link);
  const lookup = open({ file: link });
  expect(lookup("T")).toBe("first");
  await symlink(await fileWith("other"), `${link}.new`);
  await rename(`${link}.new`, link);
  expect(lookup("T")).toBe("other");
});

test("a file that everyone may read is taken, one that everyone may write to is not", async () => {
  expect(open({ file: await fileWith(value, 0o444) })("T")).toBe(value);
  const file = await fileWith(value, 0o602);
  const lookup = open({ file });
  expect([lookup("T"), lookup.problem("T")]).toEqual([undefined, `${file} may be written by everyone`]);
});

test("what is no file, or too large, or empty gives nothing, and holds nothing up", async () => {
  const [pipe, folder] = [join(directory, "pipe"), join(directory, "folder")];
  spawnSync("mkfifo", [pipe]);
  await mkdir(folder);
  const large = await fileWith("x".repeat(70_000));
  const empty = await fileWith("\n");
  for (const [file, why] of [[pipe, "is not a file"], [folder, "is not a file"], [large, "is larger than 65536 bytes"], [empty, "is empty"]] as const) {
    const lookup = open({ file });
    expect([lookup("T"), lookup.problem("T")]).toEqual([undefined, `${file} ${why}`]);
  }
});

test("a command runs once for all who ask, and its value is kept", async () => {
  const { command, runs } = await counted(`sleep 0.2; echo ${value}`);
  await using lookup = open({ command });
  expect(await Promise.all(Array.from({ length: 20 }, () => lookup("T")))).toEqual(Array.from({ length: 20 }, () => value));
  expect(lookup("T")).toBe(value);
  expect(await runs()).toBe(1);
});

test("a command runs again when its value is too old", async () => {
  const { command, runs } = await counted(`echo ${value}`);
  await using lookup = open({ command, ttlSeconds: 0.2 });
  await lookup("T");
  await setTimeout(300);
  expect(lookup("T")).toBeInstanceOf(Promise);
  expect(await lookup("T")).toBe(value);
  expect(await runs()).toBe(2);
});

test("no shell reads a command, and it gets nothing to read", async () => {
  await using lookup = open({ command: ["printf", "%s", "$HOME `id` ; 'x'"] });
  expect(await lookup("T")).toBe("$HOME `id` ; 'x'");
  await using reader = open({ command: ["sh", "-c", "cat; echo end"] });
  expect(await reader("T")).toBe("end");
});

test.each([
  ["fails", `echo ${value}; echo ${value} >&2; exit 3`, "the command ended with 3"], ["prints nothing", "true", "the command printed nothing"],
  ["is killed", `echo ${value}; kill -9 $$`, "the command was ended by SIGKILL"], ["prints too much", "head -c 100000 /dev/zero", "the command printed more than 65536 bytes"],
])("a command that %s gives nothing, and the reason has nothing of its output", async (_, script, why) => {
  const { command, runs } = await counted(script);
  await using lookup = open({ command });
  expect([await lookup("T"), lookup.problem("T")]).toEqual([undefined, why]);
  await Promise.all(Array.from({ length: 10 }, () => lookup("T")));
  expect(await runs()).toBe(1);
});

test("a command that does not exist gives nothing", async () => {
  await using lookup = open({ command: [join(directory, "none")] });
  expect([await lookup("T"), lookup.problem("T")]).toEqual([undefined, "the command cannot be started (ENOENT)"]);
});

test.each(["too slow", "disposed"])("a command that is %s is killed with what it started", async (how) => {
  const pids = await fileWith("");
  const lookup = open({ command: ["sh", "-c", `sleep 60 & echo $! > '${pids}'; wait`], timeoutSeconds: how === "too slow" ? 0.5 : 30 });
  const asked = lookup("T");
  while ((await readFile(pids, "utf8")) === "") await setTimeout(20);
  if (how === "disposed") await lookup[Symbol.asyncDispose]();
  expect(await asked).toBeUndefined();
  const pid = (await readFile(pids, "utf8")).trim();
  for (let waitedMs = 0; isAlive(pid) && waitedMs < 2_000; waitedMs += 50) await setTimeout(50);
  expect(isAlive(pid)).toBe(false);
  expect(lookup.problem("T")).toBe(how === "disposed" ? "the command was stopped" : "the command took longer than 0.5 s");
  await lookup[Symbol.asyncDispose]();
  expect(lookup("T")).toBeUndefined();
});

test("no value is shown by inspection or in JSON", async () => {
  await using lookup = createTokenSources({ T: { env: "A" }, U: { file: await fileWith(value) }, V: { command: ["echo", value.slice(0, -1)] } }, { env: { A: value, PATH: process.env["PATH"] } });
  await Promise.all(["T", "U", "V"].map((tokenRef) => lookup(tokenRef)));
  expect(inspect(lookup, { depth: 20, showHidden: true }) + JSON.stringify({ lookup }) + String(lookup)).not.toContain(value.slice(0, -1));
});

test.each([
  [{}, "must be exactly one of env, file and command"], [{ env: "A", file: "/a" }, "must be exactly one of env, file and command"], [{ env: "" }, "needs the name of a variable"], [{ env: "A=B" }, "needs the name of a variable"],
  [{ file: "relative" }, "needs the absolute path of a file"], [{ command: [] }, "needs a command as a list of texts, the program first"], [{ command: "gh auth token" }, "needs a command as a list of texts, the program first"],
  [{ command: ["a\0b"] }, "needs a command as a list of texts, the program first"], [{ command: ["a"], ttlSeconds: -1 }, "has a ttlSeconds that is not from 0 to 86400"],
  [{ command: ["a"], ttlSeconds: Number.NaN }, "has a ttlSeconds that is not from 0 to 86400"], [{ command: ["a"], timeoutSeconds: 0 }, "has a timeoutSeconds that is not above 0, up to 600"],
])("the source %j is refused", (source, why) => {
  expect(() => open(source as unknown as TokenSource)).toThrow(expect.objectContaining({ code: "option-invalid", message: `The token source of "T" ${why}.` }));
});

test("a proxy waits for a command, and takes what changed without a restart", async () => {
  const file = await fileWith("first-value-0123\n");
  await using tokens = createTokenSources({ TOKEN: { command: ["cat", file], ttlSeconds: 0 } });
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { tokens });
  expect(await getOnce(rig, allowed)).toMatch(/^HTTP\/1\.1 200 /);
  await writeFile(file, "second-value-0123\n");
  expect(await getOnce(rig, allowed)).toMatch(/^HTTP\/1\.1 200 /);
  await rm(file);
  expect(await getOnce(rig, allowed)).toMatch(/"reason":"credential-unavailable"/);
  expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer first-value-0123", "Bearer second-value-0123"]);
});

/** A rig whose credential comes when it is told to. */
interface WaitingRig extends AsyncDisposable {
  readonly asked: Promise<undefined>;
  readonly given: PromiseWithResolvers<string | undefined>;
  readonly rig: Rig;
  readonly upstream: Upstream;
}

async function startWaiting(options: Parameters<typeof startRig>[1] = {}): Promise<WaitingRig> {
  const asked = Promise.withResolvers<undefined>();
  const given = Promise.withResolvers<string | undefined>();
  const upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  let times = 0;
  const rig = await startRig(upstream, { tokens: () => {
    // The first time it is the start itself, which learns what must not leave.
    times += 1;
    if (times > 1) asked.resolve(undefined);
    return given.promise;
  }, ...options });
  return { asked: asked.promise, given, rig, upstream, async [Symbol.asyncDispose]() {
    await rig[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  } };
}

test.each<[string, (rig: Rig) => void, RegExp]>([
  ["the route is gone", (rig) => void rig.proxy.reload({ routes: [{ host: allowed, methods: ["PUT"] }] }), /"reason":"method-not-allowed"/],
  ["the policy is another that allows it", (rig) => void rig.proxy.reload({ routes: [{ host: allowed, auth: { scheme: "token", tokenRef: "T" } }] }), /200 OK[^]*fine/],
  ["nothing has changed", () => {}, /200 OK[^]*fine/],
])("if, when a credential comes, %s, that counts", async (_, change, expected) => {
  await using waiting = await startWaiting();
  const answer = getOnce(waiting.rig, allowed);
  await waiting.asked;
  change(waiting.rig);
  waiting.given.resolve(value);
  expect(await answer).toMatch(expected);
});

test("a credential that fails, or that comes after a freeze or to nobody, sends nothing", async () => {
  for (const how of ["fails", "freeze", "nobody"]) {
    await using waiting = await startWaiting();
    const { rig, upstream, given, asked } = waiting;
    const socket = await openTls(rig, `${allowed}:443`);
    const answer = say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\nConnection: close\r\n\r\n`, { forMs: 1_000 });
    await asked;
    if (how === "freeze") rig.proxy.freeze();
    if (how === "nobody") socket.destroy();
    await setTimeout(50);
    if (how === "fails") given.reject(new Error(value));
    else given.resolve(value);
    expect((await answer).text).toMatch(how === "fails" ? /"reason":"credential-unavailable"/ : /^$/);
    socket.destroy();
    await setTimeout(50);
    expect(upstream.requests).toEqual([]);
    expect(rig.proxy.stats().active).toBeLessThanOrEqual(1);
    expect(JSON.stringify(rig.events)).not.toContain(value);
  }
});

test("a credential that comes after the proxy froze itself, since it could not record, is refused", async () => {
  await using waiting = await startWaiting({ onEvent: () => {
    throw new Error("no room for the record");
  } });
  const { rig, upstream, given, asked } = waiting;
  const answer = getOnce(rig, allowed);
  await asked;
  const socket = await dialProxy(rig);
  await say(socket, "GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n", { until: /no-route/ });
  for (let waitedMs = 0; !rig.proxy.stats().frozen && waitedMs < 2_000; waitedMs += 20) await setTimeout(20);
  given.resolve(value);
  expect(await answer).toMatch(/"reason":"frozen"|^$/);
  expect(upstream.requests).toEqual([]);
  socket.destroy();
});

test("what is appended to a file while it is read is seen the next time", async () => {
  const file = await fileWith("half");
  const lookup = open({ file });
  expect(lookup("T")).toBe("half");
  await appendFile(file, "-and-whole");
  expect(lookup("T")).toBe("half-and-whole");
});
