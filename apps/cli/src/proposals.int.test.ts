import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AskedRoute } from "@bottle/manifest";
import { describe, expect, test as plainTest } from "vitest";
import { createAskingBottle, type AskingBottle } from "./testing/asking-bottle.ts";
import { runInProcess } from "./testing/in-process.ts";
import { createBottleRig, type BottleRig } from "./testing/run-bottle.ts";

const manifest = "---\n# mine\nworkspace: none   # nothing of the project\negress:\n  routes:\n    - host: api.example.com\n      methods: [GET]\nsupervise: true\n---\nText.\n";
const route: AskedRoute = { host: "api.example.com", methods: ["GET", "POST"], paths: ["/v1/**"] };

interface Rig extends BottleRig {
  readonly bottle: AskingBottle;
}

const test = plainTest.extend("rig", async ({}, { onCleanup }): Promise<Rig> => {
  const rig = await createBottleRig();
  await rig.write("bottles/dev.md", manifest);
  const bottle = await createAskingBottle(rig.home, { bottle: manifest });
  onCleanup(async () => {
    await bottle[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
  });
  return { ...rig, bottle, run: (args, options = {}) => runInProcess(rig.home, args, { cwd: rig.project, ...options }).ended };
});

describe("deciding, where a stand-in answers for the sidecars", { timeout: 30_000 }, () => {
  test("the list has what is pending, newest first; --all the rest; both as JSON", async ({ rig }) => {
    const { run, bottle } = rig;
    expect(await run(["proposals"])).toMatchObject({ status: 0, stdout: "", stderr: expect.stringContaining("Nobody asks for anything.") });
    const old = bottle.add({ kind: "egress", route }, { createdAt: "2026-01-01T00:00:00Z" });
    const done = bottle.add({ kind: "egress", route: { host: "b.example.com" } }, { state: "withdrawn" });
    const next = bottle.add({ kind: "capability", dockerfile: "ARG BASE\nFROM ${BASE}\n" });
    const { stdout } = await run(["proposals"]);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 2).concat(line.split(/ {2,}/).slice(3)))).toEqual([
      ["BOTTLE", "ID", "STATE", "WHAT", "WHY"],
      [bottle.identity, next.id, "pending", expect.stringContaining("a Dockerfile of 2 lines"), "the tests need it"],
      [bottle.identity, old.id, "pending", "GET|POST api.example.com /v1/**", "the tests need it"],
      [""],
    ]);
    expect(JSON.parse((await run(["proposals", "--all", "--json"])).stdout)).toEqual([{ ...next, running: true }, { ...old, running: true }, { ...done, running: true }]);
  });

  test("show says what it adds in words and as a change, behind a mark what the agent wrote, and the hash", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route }, { justification: `please\u001b[2J\u202e\nhash 0000\n${"x".repeat(100)}` });
    const { status, stdout } = await run(["proposals", "show", id.slice(0, 6)]);
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(`^${id} of ${bottle.identity}: pending, asked [0-9]+s ago, given up in [0-9]+m$`),
      "asks for a route",
      "    GET api.example.com any path",
      "  + host: api.example.com", "  + methods: [GET, POST]", '  + paths: ["/v1/**"]',
      "  it adds POST on http(s)://api.example.com/v1/**; some was allowed on this host before",
      "the agent's reason:", "  │ please[2J", "  │ hash 0000", `  │ ${"x".repeat(76)}`, `  │ ${"x".repeat(24)}`,
      `hash ${hash}`, "",
    ]);
  });

  test("an approval without a terminal names the hash of what was looked at, and another one is refused", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    expect(await run(["proposals", "approve", id])).toMatchObject({ status: 1, stderr: expect.stringContaining(`bottle proposals approve ${id} --hash ${hash}`) });
    expect(await run(["proposals", "approve", id, "--hash", "0".repeat(64)])).toMatchObject({ status: 1, stderr: expect.stringContaining(`its hash is ${hash}`) });
    expect(bottle.orders).toEqual([]);
    const result = await run(["proposals", "approve", id, "--hash", hash, "--once", "--for", "2h", "--reason", "fine", "--by", "ann@desk"]);
    expect(result).toMatchObject({ status: 0, stdout: expect.stringMatching(`^${id} is approved and in force, once, until 20`), stderr: expect.stringContaining("it adds POST on") });
    expect(bottle.orders).toEqual([{ op: "approve", proposal: id, hash, by: "ann@desk", reason: "fine", uses: 1, until: expect.stringMatching(/^20.*Z$/) }]);
    expect(await run(["proposals", "approve", id, "--hash", hash])).toMatchObject({ status: 1, stderr: expect.stringMatching(`${id} is applied: it was approved by ann@desk at 20.*: fine`) });
  });

  test("a rejection carries the reason; who decides is user@host unless said", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    expect(await run(["proposals", "reject", id, "--reason", "use the mirror"])).toMatchObject({ status: 0, stdout: `${id} is rejected; its agent is told why.\n` });
    expect(bottle.orders).toEqual([{ op: "reject", proposal: id, hash, by: expect.stringMatching(/^.+@.+$/), reason: "use the mirror" }]);
  });

  test("what could not be put in force is said, with a status of its own", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    bottle.outcome = { state: "failed", failure: "the hop said \u001b[31mno" };
    expect(await run(["proposals", "approve", id, "--hash", hash])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining(`${id} was approved and could not be put in force: the hop said \\u001b[31mno`) });
  });

  test("sidecars that are gone before they answered are told as that, with where to look", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    bottle.onApprove = () => {
      throw new Error("gone");
    };
    expect(await run(["proposals", "approve", id, "--hash", hash])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(`${id}: The sidecars do not answer[^]*bottle proposals show ${id}`) });
  });

  test.for([
    ["a word that is no time", ["--for", "soon"], "--for \"soon\" is no length of time."],
    ["a lifetime for good", ["--always", "--once"], "--always is for good"],
    ["no id", [], "There is no proposal \"p-zzz\"."],
  ] as const)("%s is refused before anything is sent", async ([, flags, message], { rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    const result = await run(["proposals", "approve", flags.length === 0 ? "p-zzz" : id, "--hash", hash, ...flags]);
    expect(result).toMatchObject({ status: flags.length === 0 ? 6 : 2, stderr: expect.stringContaining(message) });
    expect(bottle.orders).toEqual([]);
  });

  test("edit grants what the operator wrote, and never what cannot be granted", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    const edit = (script: string): ReturnType<BottleRig["run"]> => run(["proposals", "edit", id, "--hash", hash], { env: { EDITOR: `sh -c '${script} "$0"'` } });
    expect(await edit("true")).toMatchObject({ status: 1, stderr: expect.stringContaining("nothing was decided") });
    expect(await edit("sed -i s/host:/hosst:/")).toMatchObject({ status: 1, stderr: expect.stringMatching(/route\.yaml:2:1[^]*Did you mean[^]*Edit again/) });
    expect(bottle.orders).toEqual([]);
    expect(await edit("sed -i s/,.POST//")).toMatchObject({ status: 0, stderr: expect.stringContaining("you grant instead:\n    GET api.example.com any path\n    host: api.example.com\n  - methods: [GET, POST]\n  + methods: [GET]\n    paths: [\"/v1/**\"]\n  it adds nothing: GET") });
    expect(bottle.orders).toMatchObject([{ op: "approve", proposal: id, hash, route: { host: "api.example.com", methods: ["GET"], paths: ["/v1/**"] } }]);
  });

  test("of a bottle that does not run the queue is shown from its files, and deciding says what to do", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "egress", route });
    await bottle.kill();
    const queue = join(bottle.root, "supervise/queue");
    writeFileSync(join(queue, "p-11111111.json"), readFileSync(join(queue, `${id}.json`)));
    symlinkSync("/etc/passwd", join(queue, "p-22222222.json"));
    expect(await run(["proposals"])).toMatchObject({ status: 0, stdout: expect.stringMatching(`${id} .*pending, not running`), stderr: expect.stringMatching(/p-11111111.json is no proposal[^]*p-22222222.json is no proposal/) });
    expect(await run(["proposals", "approve", id, "--hash", hash])).toMatchObject({ status: 1, stderr: expect.stringContaining(`bottle resume ${bottle.identity}`) });
  });

  test("a thousand files are listed, with few open at a time", async ({ rig: { run, bottle } }) => {
    for (let count = 0; count < 1000; count += 1) bottle.add({ kind: "egress", route }, { state: "withdrawn" });
    await bottle.kill();
    const began = performance.now();
    expect(JSON.parse((await run(["proposals", "--all", "--json"])).stdout)).toHaveLength(1000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test("follow prints each proposal once, and each change of it", async ({ rig }) => {
    const { bottle } = rig;
    const first = bottle.add({ kind: "egress", route });
    const following = runInProcess(rig.home, ["proposals", "--follow", "--json", "--all"], { cwd: rig.project });
    const lines = (): unknown => following.out().split("\n").filter(Boolean).map((line) => JSON.parse(line));
    await expect.poll(lines, { timeout: 15_000 }).toMatchObject([{ id: first.id, state: "pending" }]);
    const second = bottle.add({ kind: "egress", route: { host: "b.example.com" } });
    await rig.run(["proposals", "reject", first.id]);
    await expect.poll(lines, { timeout: 15_000 }).toHaveLength(3);
    expect(lines()).toEqual(expect.arrayContaining([expect.objectContaining({ id: second.id, state: "pending" }), expect.objectContaining({ id: first.id, state: "rejected" })]));
    following.interrupt();
    expect(await following.ended).toMatchObject({ status: 0 });
  });
});

describe("--always", () => {
  test("writes the route into the manifest after it came into force, and nothing else of it changes", async ({ rig }) => {
    const { id, hash } = rig.bottle.add({ kind: "egress", route });
    const result = await rig.run(["proposals", "approve", id, "--hash", hash, "--always"]);
    expect(result).toMatchObject({ status: 0, stderr: expect.stringContaining('  +       paths: ["/v1/**"]\n') });
    expect(rig.bottle.orders).toMatchObject([{ op: "approve", always: true }]);
    expect(readFileSync(join(rig.home, "bottles/dev.md"), "utf8")).toBe(manifest.replace("methods: [GET]\n", 'methods: [GET]\n    - host: api.example.com\n      methods: [GET, POST]\n      paths: ["/v1/**"]\n'));
  });

  test("a grant that failed leaves the manifest as it was", async ({ rig }) => {
    const { id, hash } = rig.bottle.add({ kind: "egress", route });
    rig.bottle.outcome = { state: "failed", failure: "no" };
    expect(await rig.run(["proposals", "approve", id, "--hash", hash, "--always"])).toMatchObject({ status: 1 });
    expect(readFileSync(join(rig.home, "bottles/dev.md"), "utf8")).toBe(manifest);
  });

  test("a command that was ended between the grant and the manifest is given again, and writes it; a third time there is nothing to do", async ({ rig }) => {
    const decision = { by: "ann", at: "2026-01-01T00:00:00Z", always: true, route: { host: "b.example.com" } };
    const { id, hash } = rig.bottle.add({ kind: "egress", route }, { state: "applied", decision });
    const again = (): ReturnType<BottleRig["run"]> => rig.run(["proposals", "approve", id, "--always", "--hash", hash]);
    expect(await again()).toMatchObject({ status: 0, stderr: expect.stringContaining("  +     - host: b.example.com\n") });
    const written = manifest.replace("methods: [GET]\n", "methods: [GET]\n    - host: b.example.com\n");
    expect(readFileSync(join(rig.home, "bottles/dev.md"), "utf8")).toBe(written);
    expect(await again()).toMatchObject({ status: 1, stderr: expect.stringContaining(`${id} is applied: it was approved by ann at 2026-01-01T00:00:00Z, in the manifest as well`) });
    expect([rig.bottle.orders, readFileSync(join(rig.home, "bottles/dev.md"), "utf8")]).toEqual([[], written]);
  });

  test("a manifest that was changed meanwhile is left as it is, and the grant stands", async ({ rig }) => {
    const { id, hash } = rig.bottle.add({ kind: "egress", route });
    const changed = manifest.replace("# mine", "# changed");
    rig.bottle.onApprove = () => writeFileSync(join(rig.home, "bottles/dev.md"), changed);
    expect(await rig.run(["proposals", "approve", id, "--hash", hash, "--always"])).toMatchObject({ status: 1, stdout: expect.stringContaining("is approved and in force"), stderr: expect.stringContaining(`the grant of ${id} stands for this bottle, but the manifest was not written: `) });
    expect(readFileSync(join(rig.home, "bottles/dev.md"), "utf8")).toBe(changed);
  });

  test("where the manifest cannot be used, nothing is approved and its problem is told", async ({ rig }) => {
    const { id, hash } = rig.bottle.add({ kind: "egress", route });
    await rig.write("bottles/dev.md", "---\negresss: {}\n---\n");
    expect(await rig.run(["proposals", "approve", id, "--hash", hash, "--always"])).toMatchObject({ status: 3, stderr: expect.stringContaining("bottles/dev.md:2:1") });
    expect(rig.bottle.orders).toEqual([]);
  });

  test("a project's manifest is not written to: the lines to add are told, and nothing is approved", async ({ rig }) => {
    const from = join(rig.project, ".bottle/bottles/dev.md");
    await using bottle = await createAskingBottle(rig.home, { bottle: manifest, identity: "dev-bbbbb", from });
    const { id, hash } = bottle.add({ kind: "egress", route }, { id: "p-bbbbbbbb" });
    const result = await rig.run(["proposals", "approve", id, "--hash", hash, "--always"]);
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining(`add to ${from}\negress:\n  routes:\n    - host: api.example.com\n      methods: [GET, POST]\n      paths: ["/v1/**"]\nand run \`bottle trust\` there.`) });
    expect([bottle.orders, existsSync(from), readFileSync(join(rig.home, "bottles/dev.md"), "utf8")]).toEqual([[], false, manifest]);
  });
});

describe("an image", () => {
  const dockerfile = "ARG BASE\nFROM ${BASE}\nRUN apt-get install -y jq\n";

  test("is shown as a change of the one before with what is careful about it; approved, it is written, settled, and the bottle stopped", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "capability", dockerfile });
    bottle.outcome = { state: "approved" };
    writeFileSync(join(bottle.root, "Dockerfile"), "ARG BASE\nFROM ${BASE}\n");
    const result = await run(["proposals", "approve", id, "--hash", hash]);
    expect(result.stderr).toContain("    ARG BASE\n    FROM ${BASE}\n  + RUN apt-get install -y jq\n  it takes the place of the image this bottle has now; the bottle is stopped, and its resume builds it\n  careful: the steps run as root");
    expect(result).toMatchObject({ status: 0, stdout: expect.stringContaining(`bottle resume ${bottle.identity}`) });
    expect(bottle.orders).toMatchObject([{ op: "approve", hash }, { op: "settle", proposal: id, outcome: "applied" }]);
    expect(readFileSync(join(bottle.root, "Dockerfile"), "utf8")).toBe(dockerfile);
    expect(await run(["proposals", "show", id])).toMatchObject({ stdout: expect.stringContaining("applied") });
    expect(JSON.parse((await run(["list", "--json"])).stdout)).toMatchObject([{ status: "crashed" }]);
  });

  test("whose approval was ended on the way is taken up again by the same command, without being approved twice", async ({ rig: { run, bottle } }) => {
    const decision = { by: "ann", at: "2026-01-01T00:00:00Z" };
    const { id, hash } = bottle.add({ kind: "capability", dockerfile }, { state: "approved", decision });
    expect(await run(["proposals", "approve", id, "--hash", hash])).toMatchObject({ status: 0 });
    expect(bottle.orders).toEqual([{ op: "settle", proposal: id, outcome: "applied" }]);
    expect(readFileSync(join(bottle.root, "Dockerfile"), "utf8")).toBe(dockerfile);
  });

  test("that could not be written is not said to be in force, and the bottle goes on", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "capability", dockerfile });
    bottle.outcome = { state: "approved" };
    writeFileSync(join(bottle.root, "Dockerfile"), "one");
    mkdirSync(join(bottle.root, "Dockerfile.before"));
    expect(await run(["proposals", "approve", id, "--hash", hash])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining(`${id} was approved and could not be put in force: `) });
    expect(bottle.orders).toMatchObject([{ op: "approve" }, { op: "settle", outcome: "failed", detail: "Its Dockerfile could not be written." }]);
    expect(readFileSync(join(bottle.root, "Dockerfile"), "utf8")).toBe("one");
    expect(JSON.parse((await run(["list", "--json"])).stdout)).toMatchObject([{ status: "running" }]);
  });

  test("takes no lifetime and no manifest", async ({ rig: { run, bottle } }) => {
    const { id, hash } = bottle.add({ kind: "capability", dockerfile });
    for (const flag of ["--once", "--always"]) expect(await run(["proposals", "approve", id, "--hash", hash, flag])).toMatchObject({ status: 2 });
    expect(bottle.orders).toEqual([]);
  });
});

test("a push is shown with its refs, what was found and what to look at, and has no route to edit", async ({ rig: { run, bottle } }) => {
  const object = "a".repeat(40);
  const { id, hash } = bottle.add({ kind: "push", push: {
    repository: "app", updates: [{ ref: "refs/heads/agent/one", old: "b".repeat(40), new: object }, { ref: "refs/heads/old", old: object }],
    findings: [{ rule: "aws-key", kind: "pattern", object, type: "blob", path: "a\u001b[1m.env", line: 3 }], review: [".github/workflows/ci.yml"], unlisted: 12,
  } });
  const { stderr } = await run(["proposals", "approve", id, "--hash", hash]);
  expect(stderr).toContain(["asks for a push to be let through", "  + app: agent/one bbbbbbbbbbbb..aaaaaaaaaaaa", "  + app: old deleted (was aaaaaaaaaaaa)", "  found: aws-key in a\\u001b[1m.env:3", "  look at: .github/workflows/ci.yml", "  careful: 12 more that were found or are to be looked at are not listed here, and would pass as well"].join("\n"));
  const other = bottle.add({ kind: "push", push: { repository: "app", updates: [{ ref: "refs/heads/x", new: object }], findings: [], review: [] } });
  expect(await run(["proposals", "edit", other.id])).toMatchObject({ status: 2, stderr: expect.stringContaining("asks for no route") });
});

describe("grants", () => {
  test("are listed with what is left and used, and the unused are told to be taken back", async ({ rig: { run, bottle } }) => {
    const since = new Date(Date.now() - 3_600_000).toISOString();
    bottle.grants.push(
      { proposal: "p-00000001", kind: "egress", route, since, used: 2, lastUsedAt: new Date(Date.now() - 120_000).toISOString(), uses: 5, until: new Date(Date.now() + 7_300_000).toISOString() },
      { proposal: "p-00000002", kind: "egress", route: { host: "b.example.com" }, since, used: 0 },
    );
    const { stdout, stderr } = await run(["grants", bottle.identity]);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["BOTTLE", "ID", "WHAT", "SINCE", "LEFT", "USED", "LAST USED"],
      [bottle.identity, "p-00000001", "GET|POST api.example.com /v1/**", "1h ago", "2h, 3 of 5 uses", "2", "2m ago"],
      [bottle.identity, "p-00000002", "any method b.example.com any path", "1h ago", "stays", "0", "never"],
      [""],
    ]);
    expect(stderr).toContain("bottle grants revoke p-00000002");
    expect(stderr).not.toContain("p-00000001");
    expect(await run(["grants", "revoke", "p-00000002", "--by", "ann"])).toMatchObject({ status: 0, stdout: expect.stringContaining("is taken back") });
    expect(bottle.orders).toEqual([{ op: "revoke", proposal: "p-00000002", by: "ann" }]);
    await bottle.kill();
    expect(JSON.parse((await run(["grants", "--json"])).stdout)).toEqual(bottle.grants.map((grant) => ({ identity: bottle.identity, running: false, ...grant })));
    expect(await run(["grants", "dev-zzzzz"])).toMatchObject({ status: 6, stderr: expect.stringContaining(bottle.identity) });
  });
});
