import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { startFixtureInternet, type FixtureInternet } from "@bottle/fixture-internet";
import { expect } from "vitest";
import { test, type DevRig } from "./testing/dev-bottle.ts";

const host = "api.example.com";
const timeout = 60_000;
const firstOf = "token-first-0123456789";
const secondOf = "token-second-0123456789";

async function bottleWith(rig: DevRig, source: string, internet?: FixtureInternet): Promise<void> {
  await rig.write("upstream.pem", internet?.caCertificate ?? "-----BEGIN CERTIFICATE-----");
  await rig.write("bottles/dev.md", [
    "---", "workspace: none", "egress:", "  tokens:", `    T: ${source}`, `  routes: [{ host: ${host}, auth: { scheme: bearer, token_ref: T } }]`,
    `  hosts: ${JSON.stringify(internet?.hostOverrides ?? {})}`, `  ca_files: ["${rig.home}/upstream.pem"]`, "---", "",
  ].join("\n"));
}

async function secretFile(rig: DevRig, value: string): Promise<string> {
  await rig.write("secrets/token", `${value}\n`);
  await chmod(join(rig.home, "secrets/token"), 0o600);
  return join(rig.home, "secrets/token");
}

/** Asks until the upstream has answered to the second value; the operator changes the file after the first. */
const asking = `for i in $(seq 40); do curl -s https://${host}/$i > /dev/null; echo asked; sleep 0.25; done`;

test("a file that the operator changes is what the next requests go with, without a restart; a command is read again after its time", { timeout }, async ({ rig }) => {
  await using internet = await startFixtureInternet({ hosts: { [host]: undefined } });
  const file = await secretFile(rig, firstOf);
  for (const source of [`{ file: ${file} }`, `{ command: [cat, ${file}], ttl_seconds: 1 }`]) {
    writeFileSync(file, `${firstOf}\n`);
    const seen = (): readonly (string | undefined)[] => internet.requests.map(({ headers }) => headers["authorization"]);
    const before = seen().length;
    await bottleWith(rig, source, internet);
    await rig.agent(asking);
    const child = rig.start(["start", "dev", "--yes"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await expect.poll(() => seen().slice(before), { timeout: 20_000 }).toContain(`Bearer ${firstOf}`);
    writeFileSync(file, `${secondOf}\n`);
    await expect.poll(() => seen().slice(before), { timeout: 20_000 }).toContain(`Bearer ${secondOf}`);
    child.kill("SIGTERM");
    await ended;
  }
});

test("the plan and info say where a credential comes from, and neither runs a command nor shows a value", { timeout }, async ({ rig }) => {
  await rig.agent("true");
  const proof = join(rig.home, "proof");
  await bottleWith(rig, `{ command: [sh, -c, "echo run >> ${proof}; echo ${firstOf}"] }`);
  const plan = await rig.run(["start", "dev", "--dry-run"]);
  expect(plan).toMatchObject({ status: 0, stderr: "" });
  expect(plan.stdout).toContain("  tokens     T: what sh prints, run on this machine as you\n");
  const { stdout } = await rig.run(["start", "dev", "--dry-run", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ tokenRefs: ["T"], credentials: ["T: what sh prints, run on this machine as you"] });
  expect([plan.stdout, stdout].join()).not.toContain(firstOf);
  expect(existsSync(proof)).toBe(false);
  expect(await rig.run(["start", "dev", "--yes"])).toMatchObject({ status: 0 });
  expect(readFileSync(proof, "utf8")).toBe("run\n");
  const told = await rig.run(["info", rig.only()]);
  expect(told.stdout).toMatch(/^credentials +T: what sh prints, run on this machine as you$/m);
  expect(told.stdout).not.toContain(firstOf);
});

test.for([
  ["a file that others may read", async (rig: DevRig): Promise<string> => {
    const file = await secretFile(rig, firstOf);
    await chmod(file, 0o644);
    return `{ file: ${file} }`;
  }, "is open to others (mode 644); chmod 600 closes it"],
  ["a command that fails", async () => `{ command: [sh, -c, "echo ${firstOf}; exit 3"] }`, "the command ended with 3"],
  ["a program that is not there", async () => "{ command: [no-such-program] }", "no such program is on your PATH"],
] as const)("%s ends the start with 3, and nothing is made", { timeout }, async ([, make, said], { rig }) => {
  await rig.agent("true");
  await bottleWith(rig, await make(rig));
  const result = await rig.run(["start", "dev", "--yes"]);
  expect(result).toMatchObject({ status: 3, stdout: "", stderr: expect.stringContaining(said) });
  expect(result.stderr).not.toContain(firstOf);
  expect(rig.identities()).toEqual([]);
});
