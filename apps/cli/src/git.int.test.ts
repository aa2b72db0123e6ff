import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBottleRig, type BottleRig } from "./testing/run-bottle.ts";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
let rig: BottleRig;
let home = "";
beforeEach(async () => {
  rig = await createBottleRig();
  home = join(rig.home, "operator");
  mkdirSync(join(home, ".ssh"), { recursive: true });
  await rig.write("agents/dev.md", "---\nkind: command\nbottle: dev\ncommand: [/bin/true]\n---\n");
});
afterEach(() => rig[Symbol.asyncDispose]());

const key = (file: string, passphrase = ""): void => void execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", file]);
const bottle = (git: string, more = "workspace: none"): Promise<void> => rig.write("bottles/dev.md", `---\n${more}\ngit:\n  - name: app\n    upstream: git@git.example.com:acme/app.git\n${git}---\n`);
const pinned = `    known_host_key: ${hostKey}\n`;
const dry = (...more: readonly string[]): ReturnType<BottleRig["run"]> => rig.run(["start", "dev", "--dry-run", ...more], { env: { HOME: home } });

describe("an identity file that the gate cannot use is refused at its place, with the mend", () => {
  const cases: readonly (readonly [string, (file: string) => void, (file: string) => string, (file: string) => string])[] = [
    ["none at all", () => undefined, (file) => `The identity file ${file} is not there.`, (file) => `deploy key that may write: ssh-keygen -t ed25519 -N "" -f ${file}`],
    ["readable by a group", (file) => {
      key(file);
      chmodSync(file, 0o640);
    }, (file) => `The identity file ${file} is open to others (mode 640).`, (file) => `chmod 600 ${file}`],
    ["with a passphrase", (file) => key(file, "hunter2hunter2"), (file) => `The identity file ${file} has a passphrase, and nobody is there to type it.`, () => "Make a key for this upstream alone"],
    ["in PEM with a passphrase", (file) => void execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "hunter2hunter2", "-f", file]), () => "has a passphrase", () => ""],
    ["a public key", (file) => {
      key(`${file}-real`);
      execFileSync("mv", [`${file}-real.pub`, file]);
      chmodSync(file, 0o600);
    }, (file) => `The identity file ${file} is a public key.`, () => "Name the private key itself."],
    ["a folder", (file) => mkdirSync(file, { mode: 0o700 }), (file) => `The identity file ${file} is not a file.`, () => ""],
    ["a pipe", (file) => void execFileSync("mkfifo", ["-m", "600", file]), (file) => `The identity file ${file} is not a file.`, () => ""],
    ["something else", (file) => writeFileSync(file, "hunter2\n", { mode: 0o600 }), (file) => `The identity file ${file} holds no private key.`, () => "Make one: ssh-keygen"],
  ];
  test.each(cases)("%s", { timeout: 30_000 }, async (_, make, message, mend) => {
    const file = join(home, ".ssh/app_deploy");
    make(file);
    await bottle(`    identity_file: ~/.ssh/app_deploy\n${pinned}`);
    const result = await dry();
    expect(result).toMatchObject({ status: 3, stdout: "" });
    expect(result.stderr).toContain("bottles/dev.md:6:20");
    expect(result.stderr).toContain(message(file));
    expect(result.stderr).toContain(mend(file));
    expect(result.stderr).not.toContain("hunter2");
  });

  test("among the files that the agent is given, also by a link", { timeout: 30_000 }, async () => {
    key(join(rig.project, "deploy"));
    symlinkSync(join(rig.project, "deploy"), join(home, ".ssh/app_deploy"));
    await bottle(`    identity_file: ~/.ssh/app_deploy\n${pinned}`, "workspace: copy");
    expect(await dry()).toMatchObject({ status: 3, stderr: expect.stringContaining("is among the files that the agent is given, and its key must not be.") });
    await bottle(`    identity_file: ~/.ssh/app_deploy\n${pinned}`);
    expect(await dry()).toMatchObject({ status: 0 });
  });
});

test("a host key that is neither pinned nor in any known_hosts is refused before anything is dialled", { timeout: 30_000 }, async () => {
  await bottle("");
  const { status, stdout, stderr } = await dry();
  // A machine may have its own /etc/ssh/ssh_known_hosts.
  if (status === 0) return expect(stdout).toContain("host key as in /etc/ssh/ssh_known_hosts");
  expect([status, stderr]).toEqual([3, expect.stringContaining("git@git.example.com:acme/app.git has no known_host_key, and there is no known_hosts on this machine to look one up in.")]);
  expect(stderr).toContain("bottles/dev.md:5:15");
  expect(stderr).toContain("ssh-keyscan -t ed25519 git.example.com");
});

describe("the plan", () => {
  test("says of each upstream what may be changed, with which key, and how its host is known", { timeout: 30_000 }, async () => {
    key(join(home, ".ssh/app_deploy"));
    writeFileSync(join(home, ".ssh/known_hosts"), "");
    await bottle(`    identity_file: ~/.ssh/app_deploy\n${pinned}    push: ["agent/**"]\n    tags: true\n    force: [agent/wip]\n    delete: ["agent/*"]\n    review: true\n    stale: allow\n`
      + "  - name: docs\n    upstream: git@git.example.com:acme/docs.git\n  - name: open\n    upstream: https://git.example.com/acme/open.git\n", "workspace: none\ngit_identity: { name: An Agent, email: agent@example.com }");
    const shown = await dry();
    expect(shown).toMatchObject({ status: 0, stderr: "" });
    expect(shown.stdout).toContain(`  git        app: git@git.example.com:acme/app.git, may push agent/** and new tags, rewind agent/wip, delete agent/*; `
      + `changes of workflow files, submodules and hooks wait for you; fetched from the gate's copy while it cannot be reached; with ${home}/.ssh/app_deploy, host key pinned (ssh-ed25519)\n`);
    expect(shown.stdout).toContain(`             docs: git@git.example.com:acme/docs.git, may push any branch; without a key, host key as in ${home}/.ssh/known_hosts`);
    expect(shown.stdout).toContain("             open: https://git.example.com/acme/open.git, read only; over HTTPS, without a credential\n");
    expect(shown.stdout).toContain("  commits as An Agent <agent@example.com>\n");
    const plan = JSON.parse((await dry("--json")).stdout);
    expect(plan).toMatchObject({ remotes: { length: 3 }, commitsAs: "An Agent <agent@example.com>" });
    expect(JSON.stringify(plan)).not.toContain("PRIVATE KEY");
  });

  test("takes the committer from the host's git config, never from the repository it stands in, and says so if there is none", { timeout: 30_000 }, async () => {
    await bottle(pinned);
    execFileSync("git", ["init", "--quiet", rig.project]);
    for (const [name, value] of [["user.name", "Of The Project"], ["user.email", "project@evil.test"]] as const) execFileSync("git", ["-C", rig.project, "config", name, value]);
    expect((await dry()).stdout).not.toContain("Of The Project");
    writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = The Operator\n\temail = operator@example.com\n");
    expect((await dry()).stdout).toContain("  commits as The Operator <operator@example.com>\n");
    writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = The Operator\n\temail = \"x>\\n[core]\"\n");
    expect((await dry()).stdout).toContain("  commits as nobody: git inside asks for a name until `git_identity` or your own git config gives one\n");
  });

  test("of a bottle without upstreams says nothing of git", { timeout: 30_000 }, async () => {
    await rig.write("bottles/dev.md", "---\nworkspace: none\ngit_identity: { name: An Agent, email: agent@example.com }\n---\n");
    const { stdout } = await dry();
    expect(stdout).not.toMatch(/^ {2}(?:git|commits as) /m);
    expect(JSON.parse((await dry("--json")).stdout)).toMatchObject({ remotes: [] });
  });
});

test("info of a bottle lists its remotes, and inside git is told of the gate and of whom its commits are by", { timeout: 120_000 }, async () => {
  await bottle(pinned, "workspace: none\ngit_identity: { name: An Agent, email: agent@example.com }");
  const asked = ["git config user.name", "git config user.email", "git ls-remote --get-url https://git.example.com/acme/app", "git ls-remote --get-url git@git.example.com:acme/app.git"];
  await rig.write("agents/dev.md", `---\nkind: command\nbottle: dev\ncommand: [/bin/sh, -c, ${JSON.stringify(asked.join("; "))}]\n---\n`);
  const { status, stdout, stderr } = await rig.run(["start", "dev", "--yes"], { env: { HOME: home } });
  expect([status, stdout, stderr]).toEqual([0, "An Agent\nagent@example.com\nhttp://git-gate:9418/git.example.com/acme/app\nhttp://git-gate:9418/git.example.com/acme/app.git\n", expect.stringContaining("  git        app: git@git.example.com:acme/app.git, may push any branch; without a key, host key pinned (ssh-ed25519)\n")]);
  const [identity = ""] = readdirSync(join(rig.home, "state"));
  expect((await rig.run(["info", identity], { env: { HOME: home } })).stdout).toContain("git                  app: git@git.example.com:acme/app.git, may push any branch; without a key, host key pinned (ssh-ed25519)\n");
});

test("an upstream that is away is said inside and in the record, and an undeclared one is told how to declare it", { timeout: 120_000 }, async () => {
  await rig.write("bottles/dev.md", `---\nworkspace: none\ngit: [{ name: app, upstream: "ssh://git@127.0.0.1:1/acme/app.git", known_host_key: ${hostKey} }]\n---\n`);
  const script = "git ls-remote ssh://git@127.0.0.1:1/acme/app; git ls-remote git@other.test:acme/app.git; git push ssh://other.test/acme/app.git HEAD; true";
  await rig.write("agents/dev.md", `---\nkind: command\nbottle: dev\ncommand: [/bin/sh, -c, ${JSON.stringify(script)}]\n---\n`);
  const { status, stderr } = await rig.run(["start", "dev", "--yes"], { env: { HOME: home } });
  expect([status, stderr]).toEqual([0, expect.stringContaining("remote: The upstream of app cannot be reached:")]);
  expect(stderr).toContain("remote: The git gate has no such repository; it has app. The operator adds one in the bottle's manifest, under git.");
  const [identity = ""] = readdirSync(join(rig.home, "state"));
  expect((await rig.run(["logs", identity, "--denied"])).stdout).toMatch(/^\S+Z {2}deny {3}fetch app {2}upstream-unreachable$/m);
  const events = (await rig.run(["logs", identity, "--json"])).stdout.trim().split("\n").map((line) => JSON.parse(line) as unknown);
  expect(events).toContainEqual(expect.objectContaining({ type: "git", op: "fetch", repository: "app", decision: "deny", reason: "upstream-unreachable" }));
});
