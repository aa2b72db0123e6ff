import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { checkLeaks } from "../testing/leaks.ts";
import { processesOf } from "../testing/processes.ts";
import { type Folder, makeFolder, type Running } from "../testing/standalone.ts";
import { type Sshd, startSshd } from "../testing/start-sshd.ts";

checkLeaks();
const exec = promisify(execFile);
const secret = "Zq7-alone-known-value-93kd02";
const examples = fileURLToPath(new URL("../../docs/examples/", import.meta.url));
const patience = { timeout: 15_000, interval: 50 };

interface Rig extends AsyncDisposable {
  readonly folder: Folder;
  readonly sshd: Sshd;
  /** `gate.yaml` for the upstream, with more lines. */
  yaml(more?: string): string;
  git(...args: readonly string[]): Promise<{ readonly code: number; readonly err: string }>;
  /** Commits a file and pushes it through a running gate. */
  push(running: Running, branch: string, content: string): Promise<{ readonly code: number; readonly err: string }>;
  upstreamRef(name: string): string;
}

async function startRig(): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  const sshd = stack.use(await startSshd(folder.file("ssh")));
  const upstream = folder.file("upstream.git");
  const env = {
    PATH: process.env["PATH"] ?? "", HOME: folder.path, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C",
    GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@example.com", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@example.com",
  };
  const git: Rig["git"] = (...args) => exec("git", [...args], { cwd: folder.path, env }).then(({ stderr }) => ({ code: 0, err: stderr }), (error: { readonly code: number; readonly stderr: string }) => ({ code: error.code, err: error.stderr }));
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", upstream], { env });
  await git("init", "--quiet", "--initial-branch=main", "work");
  const resources = stack.move();
  return {
    folder, sshd, git,
    yaml: (more = "") => `listen: 127.0.0.1:0
directory: data
repositories:
  - name: app
    upstream: ssh://${sshd.user}@127.0.0.1:${sshd.port}${upstream}
    identity_file: ${sshd.identityFile}
    known_host_key: ${sshd.hostKey}
    push: ["agent/**"]
secrets: { DEPLOY_TOKEN: { file: token } }
gitleaks: { use: "off" }
${more}`,
    async push({ address }, branch, content) {
      await writeFile(folder.file("work/file.txt"), content);
      await git("-C", "work", "add", "--all");
      await git("-C", "work", "commit", "--quiet", "--allow-empty", "--message", "change");
      return git("-C", "work", "push", `http://${address}/app.git`, `HEAD:refs/heads/${branch}`);
    },
    upstreamRef(name) {
      const found = execFileSync("git", ["--git-dir", upstream, "for-each-ref", "--format=%(objectname)", `refs/heads/${name}`], { env, encoding: "utf8" });
      return found.trim();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

test("the program takes a clean push to the upstream, refuses one with a secret, says both, and SIGTERM ends it cleanly", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), `${secret}\n`);
  await rig.folder.configure(rig.yaml("how_to_ask: ask Kim.\n"));
  const running = await rig.folder.start();
  expect(await rig.push(running, "agent/one", "fine\n")).toMatchObject({ code: 0 });
  expect(rig.upstreamRef("agent/one")).toMatch(/^[0-9a-f]{40}$/);
  const refused = await rig.push(running, "agent/two", `x ${Buffer.from(secret).toString("base64")} y\n`);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain("file.txt:1 holds DEPLOY_TOKEN");
  expect(refused.err).toContain("ask Kim.");
  expect(rig.upstreamRef("agent/two")).toBe("");
  expect((await rig.push(running, "main", "fine too\n")).err).toContain("may not be pushed; these may: agent/**");
  expect(await running.end("SIGTERM")).toBe(0);
  expect(running.said()).toMatch(/^git-gate 0\.1\.0: listening on 127\.0\.0\.1:\d+, 1 repository; gitleaks is off\ngit-gate: SIGTERM, stopping\.\n$/);
  expect(running.lines.map(({ type, decision, reason }) => [type, decision, reason].filter(Boolean).join(" "))).toEqual(
    ["start", "push allow clean", "push allow accepted", "push deny secret-found", "push deny branch-not-allowed", "stop"]);
  expect(running.lines[3]).toMatchObject({ repository: "app", refs: [{ ref: "refs/heads/agent/two" }], findings: [{ rule: "DEPLOY_TOKEN", path: "file.txt", line: 1 }], time: expect.stringMatching(/^\d{4}-.*Z$/) as string });
  expect(JSON.stringify(running.lines) + running.said() + refused.err).not.toContain(secret);
  expect((await stat(rig.folder.file("data"))).mode & 0o777).toBe(0o700);
});

test("SIGTERM while the upstream has a push ends the program and all it has started, and the next one goes on", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), `${secret}\n`);
  await rig.folder.configure(rig.yaml());
  const hook = rig.folder.file("upstream.git/hooks/pre-receive");
  await writeFile(hook, `#!/bin/sh\ntouch '${rig.folder.file("waiting")}'\nfor i in $(seq 300); do [ -e '${rig.folder.file("go")}' ] && exit 0; sleep 0.1; done\nexit 1\n`, { mode: 0o755 });
  const running = await rig.folder.start();
  const pushing = rig.push(running, "agent/one", "fine\n");
  await expect.poll(() => stat(rig.folder.file("waiting")).then(() => true, () => false), { timeout: 60_000 }).toBe(true);
  expect(await running.end("SIGTERM")).toBe(0);
  expect((await pushing).code).not.toBe(0);
  for (const text of ["ssh -F", "push --quiet", "http-backend", "receive-pack --stateless-rpc"]) expect(await processesOf(rig.folder.file("data"), text)).toEqual([]);
  await writeFile(rig.folder.file("go"), "");
  await rm(hook, { force: true });
  const next = await rig.folder.start();
  expect(await rig.push(next, "agent/two", "more\n")).toMatchObject({ code: 0 });
  expect(rig.upstreamRef("agent/two")).toMatch(/^[0-9a-f]{40}$/);
  expect(await readdir(rig.folder.file("data/app.git/objects"))).not.toContainEqual(expect.stringMatching(/^tmp_/));
});

test("a secret's file is read anew for each push, the value before still counts, and a file that is gone opens nothing", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), "first-value-0001\n");
  await rig.folder.configure(rig.yaml());
  const running = await rig.folder.start();
  await writeFile(rig.folder.file("token"), "second-value-002\n");
  expect((await rig.push(running, "agent/a", "second-value-002\n")).err).toContain("holds DEPLOY_TOKEN");
  await rename(rig.folder.file("token"), rig.folder.file("gone"));
  expect((await rig.push(running, "agent/a", "second-value-002 \n")).err).toContain("holds DEPLOY_TOKEN");
  await rig.git("-C", "work", "checkout", "--quiet", "--orphan", "new");
  expect((await rig.push(running, "agent/b", "first-value-0001\n")).err).toContain("holds DEPLOY_TOKEN");
  expect(running.said()).toContain("DEPLOY_TOKEN: ");
  expect(running.said().match(/what it held before is still looked for/g)).toHaveLength(1);
}, 60_000);

test("a proxy that upstreams are reached through is asked, its password is never said, and without one nothing starts", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), secret);
  await writeFile(rig.folder.file("password"), "proxy-password-4711\n");
  await rig.folder.configure(rig.yaml("upstream_proxy: { url: \"http://127.0.0.1:1\", credential: { username: gate, password_file: password } }\n"));
  await using running = await rig.folder.start();
  const { err } = await rig.git("clone", `http://${running.address}/app.git`, "other");
  expect(err).toContain(`(upstream_proxy) could not be asked for 127.0.0.1:${rig.sshd.port}`);
  expect(err + running.said() + JSON.stringify(running.lines)).not.toContain("4711");
  await rm(rig.folder.file("password"));
  expect(await rig.folder.run()).toMatchObject({ status: 3, stderr: expect.stringMatching(/^git-gate: upstream_proxy has no password: .*password cannot be read \(ENOENT\)/) as string });
});

test("SIGHUP and the control socket bring a new file into force, and a bad one leaves the old in force and says why", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), secret);
  const yaml = (more = ""): string => rig.yaml(`operator: { control: control.sock }\n${more}`);
  await rig.folder.configure(yaml());
  const running = await rig.folder.start();
  const control = (order: string): ReturnType<Folder["run"]> => rig.folder.run("control", order);
  expect((await stat(rig.folder.file("control.sock"))).mode & 0o777).toBe(0o600);
  await rig.folder.configure(yaml("packs: [pii]\n").replace("agent/**", "bot/**").replace("{ file: token }", "{ file: later }"));
  running.child.kill("SIGHUP");
  await expect.poll(running.said, patience).toContain(`git-gate: the reload was refused (SIGHUP).\nDEPLOY_TOKEN has no value: ${rig.folder.file("later")} cannot be read (ENOENT).`);
  expect(running.said()).toContain("Generation 1 stays in force.");
  expect(await rig.push(running, "agent/one", "fine\n")).toMatchObject({ code: 0 });
  await writeFile(rig.folder.file("later"), "another-value-0815");
  running.child.kill("SIGHUP");
  await expect.poll(running.said, patience).toContain("generation 2 is in force (SIGHUP), 1 repository. Changed, but a restart is needed: packs.");
  expect((await rig.push(running, "agent/two", "fine too\n")).err).toContain("these may: bot/**");
  expect((await rig.push(running, "bot/one", "another-value-0815\n")).err).toContain("holds DEPLOY_TOKEN");
  await rig.folder.configure("listen: nonsense\n");
  const refused = await rig.folder.run("control", "reload", "--socket", "control.sock");
  expect(refused).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(/^git-gate: The reload was refused\.\n[^]*gate\.yaml:1:9[^]*\nGeneration 2 stays in force\.\n$/) as string });
  await rig.folder.configure(yaml());
  expect(await control("reload")).toEqual({ status: 0, stdout: "generation 3 is in force\n", stderr: "" });
  expect(await control("freeze")).toEqual({ status: 0, stdout: "frozen, generation 3\n", stderr: "" });
  expect((await rig.push(running, "agent/three", "x\n")).err).toContain("frozen");
  expect(JSON.parse((await rig.folder.run("control", "status", "--json")).stdout)).toMatchObject({ ok: true, generation: 3, frozen: true, repositories: ["app"] });
  expect(await control("thaw")).toEqual({ status: 0, stdout: "thawed, generation 3\n", stderr: "" });
  await rig.git("-C", "work", "reset", "--hard", "--quiet", "HEAD~2");
  expect(await rig.push(running, "agent/four", "y\n")).toMatchObject({ code: 0 });
  await running.end("SIGKILL");
  expect(await control("status")).toMatchObject({ status: 3, stderr: expect.stringContaining("No gate answered") as string });
  // What a gate that was killed has left is in nobody's way.
  const again = await rig.folder.start();
  expect(await control("status")).toMatchObject({ status: 0 });
  expect(await again.end("SIGTERM")).toBe(0);
  expect(running.lines.filter(({ type }) => ["start", "reload", "freeze", "thaw"].includes(String(type))).map(({ type, by, outcome, code, generation }) => [type, by, outcome, code, generation].filter(Boolean).join(" "))).toEqual([
    "start", "reload SIGHUP refused secret-missing 1", "reload SIGHUP applied 2", "reload control refused config-invalid 2", "reload control applied 3", "freeze control applied 3", "thaw control applied 3",
  ]);
}, 60_000);

test("an audit log that cannot be written freezes the gate, and the push does not go on", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), secret);
  await rig.folder.configure(rig.yaml("audit: { file: audit.jsonl }\n"));
  const running = await rig.folder.start();
  await rename(rig.folder.file("audit.jsonl"), rig.folder.file("old.jsonl"));
  await symlink("/dev/full", rig.folder.file("audit.jsonl"));
  running.child.kill("SIGUSR1");
  await expect.poll(async () => (await rig.push(running, "agent/one", "fine\n")).err, patience).toMatch(/frozen/);
  expect(rig.upstreamRef("agent/one")).toBe("");
  expect(running.said()).toContain("ENOSPC. The gate is frozen; `git-gate control thaw` opens it again.");
  expect(running.said()).not.toContain("Debugger");
});

test("after kill -9 the same folder serves again, and nothing of gitleaks is left in it", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), secret);
  await rig.folder.configure(rig.yaml());
  const running = await rig.folder.start();
  expect(await rig.push(running, "agent/one", "fine\n")).toMatchObject({ code: 0 });
  await running.end("SIGKILL");
  await mkdir(rig.folder.file("data/gitleaks/run-x/objects"), { recursive: true });
  const again = await rig.folder.start();
  expect(await rig.push(again, "agent/two", "finer\n")).toMatchObject({ code: 0 });
  expect(await readdir(rig.folder.file("data"))).not.toContain("gitleaks");
  expect(await again.end("SIGINT")).toBe(0);
});

test("two on one port: the second says so and ends", async () => {
  await using rig = await startRig();
  await writeFile(rig.folder.file("token"), secret);
  await rig.folder.configure(rig.yaml());
  const { address } = await rig.folder.start();
  await rig.folder.configure(rig.yaml().replace("127.0.0.1:0", address).replace("directory: data", "directory: other"));
  expect(await rig.folder.run()).toMatchObject({ status: 3, stdout: expect.anything() as string, stderr: expect.stringContaining(`cannot listen on ${address}`) as string });
});

test.each([
  ["an unknown command", ["chek"], 2, "git-gate: \"chek\" is not a command.\n  → Did you mean check?\n"],
  ["an unknown flag", ["--confg", "x"], 2, "unknown option '--confg'"],
  ["no file", ["--config", "none.yaml"], 2, "git-gate: none.yaml cannot be read: ENOENT.\n  → Name the file: --config PATH\n"],
  ["a folder as a file", ["check", "--config", "."], 2, "cannot be read: EISDIR"],
])("%s ends with its status and the mend", async (_, args, status, words) => {
  await using folder = await makeFolder();
  const ended = await folder.run(...args);
  expect(ended.status).toBe(status);
  expect(ended.stderr).toContain(words);
});

test("a file that everyone may write is not obeyed", async () => {
  await using folder = await makeFolder();
  await folder.configure("listen: 127.0.0.1:0\n");
  await chmod(folder.file("gate.yaml"), 0o666);
  expect(await folder.run("check")).toMatchObject({ status: 2, stderr: "git-gate: gate.yaml may be written by everyone.\n  → chmod o-w gate.yaml\n" });
});

test("check says what would start, and what the machine lacks, and leaves nothing behind", async () => {
  await using rig = await startRig();
  const { folder } = rig;
  await folder.configure(rig.yaml().replace("127.0.0.1:0", "127.0.0.1:9418"));
  const names = await readdir(folder.path);
  const missing = `git-gate: DEPLOY_TOKEN has no value: ${folder.file("token")} cannot be read (ENOENT). What is not known cannot be looked for, so nothing starts without it.\n`;
  expect(await folder.run("check")).toMatchObject({ status: 3, stderr: missing });
  await writeFile(folder.file("token"), "short");
  expect((await folder.run("check")).stderr).toContain("has fewer than 6 characters");
  await writeFile(folder.file("token"), secret);
  expect(await folder.run("check")).toEqual({ status: 0, stderr: "", stdout: [
    "gate.yaml: fine", "  listen    127.0.0.1:9418", `  directory ${folder.file("data")}`,
    `  app       ssh://${rig.sshd.user}@127.0.0.1:${rig.sshd.port}${folder.file("upstream.git")}; branches agent/** may be pushed, host key pinned`,
    "  secrets   1, 0 canaries", "  gitleaks  gitleaks is off", "  audit     standard output", "",
  ].join("\n") });
  await chmod(rig.sshd.identityFile, 0o640);
  expect(await folder.run("check")).toMatchObject({ status: 3, stderr: `git-gate: app: identity_file ${rig.sshd.identityFile} is open to others (mode 640). chmod 600 ${rig.sshd.identityFile}\n` });
  expect(await folder.run()).toMatchObject({ status: 3, stderr: `git-gate: app: identity_file ${rig.sshd.identityFile} is open to others (mode 640).\n  → chmod 600 ${rig.sshd.identityFile}\n` });
  expect((await readdir(folder.path)).filter((name) => name !== "token")).toEqual(names);
});

test("a key that ssh cannot use without a person is told before anything is pushed, and nothing of it", async () => {
  await using rig = await startRig();
  const { folder, sshd } = rig;
  await writeFile(folder.file("token"), secret);
  await writeFile(folder.file("junk"), "hunter2\n", { mode: 0o600 });
  await writeFile(folder.file("public"), await readFile(`${sshd.identityFile}.pub`), { mode: 0o600 });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "hunter2hunter2", "-C", "", "-f", folder.file("locked")]);
  for (const name of ["junk", "public", "locked"]) {
    await folder.configure(rig.yaml().replace(sshd.identityFile, folder.file(name)));
    for (const command of [["check"], []]) {
      const { status, stderr } = await folder.run(...command);
      expect([name, status, stderr]).toEqual([name, 3, expect.stringContaining(`git-gate: app: identity_file ${folder.file(name)} is no private key that ssh can use without a passphrase.`)]);
      expect(stderr).toContain(`ssh-keygen -t ed25519 -N "" -f`);
      expect(stderr).not.toContain("hunter2");
    }
  }
});

test("the examples of the documentation are read as they are", async () => {
  await using folder = await makeFolder();
  for (const name of (await readdir(examples)).filter((file) => file.endsWith(".yaml"))) {
    await folder.configure(await readFile(`${examples}${name}`, "utf8"));
    const { status, stdout } = await folder.run("check");
    // Their keys are not on this machine; what is written is fine.
    expect([name, status]).toEqual([name, 3]);
    expect(stdout).toContain("git.example.com");
  }
});
