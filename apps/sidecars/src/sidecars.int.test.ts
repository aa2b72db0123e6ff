import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkAuditChain, parseAuditLine, type SidecarsConfig } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callControl, launchSidecars, prestartSidecars } from "./index.ts";
import { askIn, configIn, sha256 } from "./testing/rig.ts";

const secret = `secret-${crypto.randomUUID()}`;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-sidecars-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = (change: Partial<SidecarsConfig> = {}): SidecarsConfig => configIn(folder, secret, change);
const ask = (host: string, path?: string): Promise<string> => askIn(folder, host, path);
const options = (): { readonly logFile: string; readonly ownedBy: string } => ({ logFile: join(folder, "sidecars.log"), ownedBy: "test" });
const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");

test("they answer when they are ready, and nothing of them is left after", async () => {
  const sidecars = await launchSidecars(config(), options());
  expect(sidecars.caCertificate).toContain("BEGIN CERTIFICATE");
  expect(await callControl(config().control.unix, { op: "health" })).toMatchObject({ ok: true, generation: 1, frozen: false });
  expect(statSync(config().control.unix).mode & 0o777).toBe(0o600);
  expect(await ask("elsewhere.example.com")).toBe("no-route");
  await sidecars[Symbol.asyncDispose]();
  expect(isRunning(sidecars.pid)).toBe(false);
  expect([existsSync(config().control.unix), existsSync(join(folder, "sockets/egress.sock"))]).toEqual([false, false]);
});

test("credentials are in no argument, environment, log or audit line, even if the agent sends one", async () => {
  await using sidecars = await launchSidecars(config(), options());
  await ask("elsewhere.example.com", `/${secret}`);
  for (const name of ["environ", "cmdline"]) expect(readFileSync(`/proc/${sidecars.pid}/${name}`, "latin1")).not.toContain(secret);
  await expect.poll(() => readFileSync(config().auditFile, "utf8")).toContain("elsewhere.example.com");
  for (const file of ["audit.jsonl", "sidecars.log"]) expect(readFileSync(join(folder, file), "utf8")).not.toContain(secret);
});

test("a credential made of digits, or named like a key, freezes nothing and breaks no line", async () => {
  const { egress, ...rest } = config();
  for (const token of ["1400", "port", "deny"]) {
    await using _sidecars = await launchSidecars({ ...rest, egress: { ...egress, tokens: { TOKEN: token } } }, options());
    expect(await ask("elsewhere.example.com:14007", `/${token}`)).toBe("no-route");
    expect(await callControl(config().control.unix, { op: "health" })).toMatchObject({ frozen: false });
  }
  const lines = readFileSync(config().auditFile, "utf8").trimEnd().split("\n");
  expect(checkAuditChain(lines, sha256)).toMatchObject({ ok: true });
  const denied = lines.map((line) => parseAuditLine(line).event).filter(({ type }) => type === "network");
  expect(denied.length).toBe(3);
  for (const event of denied) expect(event).toMatchObject({ decision: "deny", port: 14007, path: "/[secret]" });
});

test("they leave no core dump, which would hold credentials", async () => {
  await using sidecars = await launchSidecars(config(), options());
  expect(readFileSync(`/proc/${sidecars.pid}/limits`, "latin1")).toMatch(/^Max core file size +0 +0 +bytes/m);
  expect(readFileSync(`/proc/${sidecars.pid}/comm`, "latin1")).not.toMatch(/^sh$/m);
});

test("when their keeper is killed they end by themselves, and the next ones start on the same sockets", async () => {
  const keeper = spawn(process.execPath, ["--conditions=@bottle/source", "--input-type=module", "-e", `
    import { launchSidecars } from ${JSON.stringify(fileURLToPath(new URL("index.ts", import.meta.url)))};
    const sidecars = await launchSidecars(${JSON.stringify(config())}, ${JSON.stringify(options())});
    console.log(String(sidecars.pid));
    setInterval(() => {}, 1000);
  `], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = Number(await new Promise((resolve) => keeper.stdout.once("data", (data) => resolve(String(data)))));
  keeper.kill("SIGKILL");
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
  const events = readFileSync(config().auditFile, "utf8").trimEnd().split("\n").map((line) => parseAuditLine(line).event);
  expect(events).toMatchObject([{ type: "checkpoint" }, { type: "lifecycle", event: "crash", detail: "The keeper of the bottle is gone." }, { type: "checkpoint", closed: true }]);
  await using again = await launchSidecars(config(), options());
  expect(again.pid).not.toBe(pid);
});

test("sockets that a killed predecessor left are taken over; ones in use are not", async () => {
  const first = await launchSidecars(config(), options());
  await expect(launchSidecars(config(), options())).rejects.toMatchObject({ code: "start-failed", message: expect.stringContaining("in use") });
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  expect(existsSync(config().control.unix)).toBe(true);
  await using second = await launchSidecars(config(), options());
  expect(await callControl(config().control.unix, { op: "health" })).toMatchObject({ ok: true });
  expect(second.pid).toBeGreaterThan(0);
});

test("the operator reloads, freezes and thaws; a bad policy changes nothing", async () => {
  await using _sidecars = await launchSidecars(config(), options());
  const { unix } = config().control;
  expect(await ask("new.example.invalid")).toBe("no-route");
  expect(await callControl(unix, { op: "reload", routes: [{ host: "new.example.invalid" }] })).toEqual({ ok: true, generation: 2 });
  expect(await ask("new.example.invalid")).not.toBe("no-route");
  expect(await callControl(unix, { op: "reload", routes: [{ host: "*" }] })).toMatchObject({ ok: false, message: expect.stringContaining("*") });
  expect(await callControl(unix, { op: "health" })).toMatchObject({ generation: 2 });
  await callControl(unix, { op: "freeze" });
  expect(await ask("new.example.invalid")).toBe("frozen");
  await callControl(unix, { op: "thaw" });
  expect(await ask("other.example.invalid")).toBe("no-route");
});

test.each(["", "{", "[]", "null", `{"op":"grant"}`, `{"op":"reload"}`, `{"op":"reload","routes":"all"}`])("%j is no order", async (line) => {
  await using _sidecars = await launchSidecars(config(), options());
  const out = execFileSync("perl", ["-MSocket", "-e", `socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un($ARGV[0])) or die; syswrite S, $ARGV[1]; print scalar <S>`, config().control.unix, `${line}\n`], { encoding: "utf8" });
  expect(JSON.parse(out)).toMatchObject({ ok: false });
});

test("the audit log is one unbroken chain over restarts, a torn last line included", async () => {
  for (let round = 0; round < 3; round += 1) {
    await using sidecars = await launchSidecars(config(), options());
    await ask("elsewhere.example.com", `/${round}`);
    sidecars.record({ type: "lifecycle", event: "ready" });
    await sidecars[Symbol.asyncDispose]();
    if (round === 1) appendFileSync(config().auditFile, `{"seq":99,"torn`);
  }
  const lines = readFileSync(config().auditFile, "utf8").trimEnd().split("\n");
  const life = lines.map((line) => parseAuditLine(line).event).flatMap((event) => (event.type === "lifecycle" ? [event.event] : []));
  expect(life).toEqual(["ready", "stop", "ready", "stop", "ready", "stop"]);
  expect(checkAuditChain(lines, sha256)).toMatchObject({ ok: true, lines: lines.length });
  expect(checkAuditChain([...lines.slice(0, 2), ...lines.slice(3)], sha256)).toMatchObject({ ok: false });
});

test("a log that is not one is not continued, and nothing starts", async () => {
  writeFileSync(config().auditFile, "something else\n");
  await expect(launchSidecars(config(), options())).rejects.toMatchObject({ code: "start-failed", message: expect.stringContaining("audit") });
});

// Only root can mount a file system of its own to fill.
test.runIf(process.getuid?.() === 0)("when the log cannot be written the egress is frozen: deny; and half a line is left by nothing", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", disk]);
  try {
    const full = config({ auditFile: join(disk, "audit.jsonl") });
    await using _sidecars = await launchSidecars(full, options());
    expect(await ask("elsewhere.example.com")).toBe("no-route");
    execFileSync("sh", ["-c", `cat /dev/zero > ${disk}/fill 2> /dev/null || true`]);
    for (let count = 0; count < 200; count += 1) await ask(`host${count}.example.com`, `/${"x".repeat(500)}`).catch(() => "");
    expect(await callControl(full.control.unix, { op: "health" })).toMatchObject({ frozen: true });
    expect(await ask("elsewhere.example.com")).toBe("frozen");
    truncateSync(join(disk, "fill"), 0);
    await callControl(full.control.unix, { op: "thaw" });
    expect(await ask("elsewhere.example.com")).toBe("no-route");
    const lines = readFileSync(full.auditFile, "utf8").trimEnd().split("\n");
    expect(checkAuditChain(lines, sha256)).toMatchObject({ ok: true, lines: lines.length });
    expect(readFileSync(options().logFile, "utf8").match(/The egress is frozen/g)).toHaveLength(1);
  } finally {
    execFileSync("umount", ["-l", disk]);
  }
});

test.each([
  ["no JSON", () => "nonsense", "JSON"],
  ["one with an unknown key", () => JSON.stringify({ ...config(), extra: true }), "extra"],
])("a configuration that is %s is refused without repeating a credential", async (_, line, said) => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@bottle/source", main], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(`${line()}\n`);
  let out = "";
  child.stdout.on("data", (data) => (out += String(data)));
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ready: false, message: expect.stringContaining(said) });
  expect(out).not.toContain(secret);
});

test("a socket path that is too long is refused, naming BOTTLE_HOME", async () => {
  const deep = join(folder, "x".repeat(120));
  mkdirSync(deep);
  await expect(launchSidecars(config({ control: { unix: join(deep, "c.sock") } }), options())).rejects.toMatchObject({ message: expect.stringContaining("BOTTLE_HOME") });
});

test("a process that was started ahead and never configured ends with its handle", async () => {
  const ahead = prestartSidecars({ ownedBy: "test-ahead" });
  await ahead[Symbol.asyncDispose]();
  expect(execFileSync("sh", ["-c", "grep -lsz BOTTLE_OWNED=test-ahead /proc/[0-9]*/environ || true"], { encoding: "utf8" })).toBe("");
});
