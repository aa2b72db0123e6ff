import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, startRig, type Rig } from "@bottle/backend-conformance";
import { ownerLabel, type Bottle, type BottleSpec } from "@bottle/backend-core";
import { secretValue } from "@bottle/manifest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { createDocker, type Docker } from "./engine/docker.ts";
import { findImages } from "./images/find.ts";
import { prepareMounts } from "./files/mounts.ts";
import { resourceNames, type ResourceNames } from "./names.ts";
import { findOwned } from "./owned.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";

const timeoutMs = 60_000;
const random = (what: string): string => `${what}-${crypto.randomUUID()}`;
// Of four kinds: what the agent is given, what only the egress has, what is in the project, what docker's own settings hold.
const forwarded = random("forwarded");
const credential = random("credential");
const inFile = random("infile");
const proxyPassword = random("proxy");
const folder = mkdtempSync(join(tmpdir(), "bottle-secrets-"));
const [project, settings] = ["project", "settings"].map((name) => mkdtempSync(join(folder, `${name}-`))) as [string, string];
const proxy = `http://ada:${proxyPassword}@192.0.2.1:3128`;
// With these settings docker and compose give every container they make six variables and more.
const env: Readonly<Record<string, string | undefined>> = { ...engineEnv(), DOCKER_CONFIG: settings };
const docker = testDocker();
let rig: Rig;
let wanted: BottleSpec;
let bottle: Bottle;
let names: ResourceNames;
let began: string;

beforeAll(async () => {
  writeFileSync(join(project, "secret.txt"), inFile);
  writeFileSync(join(settings, "config.json"), JSON.stringify({ proxies: { default: { httpProxy: proxy, httpsProxy: proxy, ftpProxy: proxy, allProxy: proxy, noProxy: proxyPassword } } }));
  const gateway = (await docker.must(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"], "There is no default bridge")).trim();
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env }), traits: { internetAddress: gateway } });
  const plain = rig.spec();
  wanted = { ...plain, workspace: { mode: "copy", source: project }, secretEnv: { STAGING_DB: secretValue(forwarded) }, egress: { ...plain.egress, tokens: { REAL_TOKEN: secretValue(credential) } } };
  names = resourceNames({ label: ownerLabel(rig.home, wanted.identity) });
  began = String(Date.now() / 1000);
  bottle = await rig.launch(wanted);
  expect((await run(bottle, "curl -sS https://api.example.com/v1/hello; curl -sS http://elsewhere.example.com/")).code).toBe(0);
}, timeoutMs);
afterAll(async () => {
  await bottle?.[Symbol.asyncDispose]();
  if (rig) expect(await findOwned(docker, ownerLabel(rig.home, wanted.identity))).toEqual([]);
  await rig?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}, timeoutMs);

const needles = { forwarded, credential, inFile, proxyPassword };
/** Which of the secrets are in a text, also as base64. */
const secretsIn = (text: string): readonly string[] => Object.entries(needles).filter(([, value]) => text.includes(value) || text.includes(Buffer.from(value).toString("base64").replace(/=+$/, ""))).map(([name]) => name);
const said = async (...args: readonly string[]): Promise<string> => docker.must(args, args.join(" "));

test("each secret is where it belongs, and would be found there", async () => {
  expect(secretsIn((await run(bottle, "echo $STAGING_DB; cat secret.txt")).out)).toEqual(["forwarded", "inFile"]);
  expect(rig.internet.requests.some(({ headers }) => headers["authorization"] === `Bearer ${credential}`)).toBe(true);
  expect(secretsIn(readFileSync(join(settings, "config.json"), "utf8"))).toEqual(["proxyPassword"]);
  expect(secretsIn(await said("inspect", names.agent))).toEqual(["forwarded"]);
});

test("what the engine says of the sidecars, the networks, the volumes, its events and the services' logs holds none", async () => {
  const texts = await Promise.all([
    said("inspect", names.sidecars), said("network", "inspect", names.inside, names.outside), said("volume", "inspect", names.volumes.home, names.volumes.workspace, names.volumes.shown, names.volumes.sidecars),
    said("events", "--since", began, "--until", String(Date.now() / 1000)), said("top", names.sidecars, "-eo", "pid,args"), said("top", names.agent, "-eo", "pid,args"),
  ]);
  for (const text of texts) expect(text).not.toBe("");
  expect(secretsIn(texts.join("\n"))).toEqual([]);
  for (const service of [names.agent, names.sidecars]) {
    const { stdout, stderr } = await docker.run(["logs", service]);
    expect(secretsIn(`${Buffer.from(stdout).toString()}${stderr}`)).toEqual([]);
  }
});

test("no image holds one, in its history or in a layer", async () => {
  const { agent = "", sidecars = "" } = await findImages(docker);
  expect(secretsIn(await said("history", "--no-trunc", agent) + await said("history", "--no-trunc", sidecars))).toEqual([]);
  const search = 'from=$1; shift; docker -H "$from" save "$1" "$2" | { shift 2; grep -aFc "$@"; }';
  const patterns = [...Object.values(needles), "bottle.image"].flatMap((value) => ["-e", value]);
  // The label is there, so the search works; grep counts the lines.
  const whole = spawnSync("sh", ["-c", search, "sh", env["DOCKER_HOST"] ?? "", agent, sidecars, ...patterns], { encoding: "utf8" });
  const label = spawnSync("sh", ["-c", search, "sh", env["DOCKER_HOST"] ?? "", agent, sidecars, "-e", "bottle.image"], { encoding: "utf8" });
  expect(Number(label.stdout)).toBeGreaterThan(0);
  expect(whole.stdout).toBe(label.stdout);
}, timeoutMs);

test("no process has one in its arguments, and none but the agent's own in its environment", async () => {
  const space = (pid: string): string => readlinkSync(`/proc/${pid}/ns/pid`);
  const inside = space((await said("inspect", "--format", "{{.State.Pid}}", names.agent)).trim());
  const found = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name)).flatMap((pid) => {
    try {
      const read = (file: string): readonly string[] => secretsIn(readFileSync(`/proc/${pid}/${file}`, "latin1"));
      return [...read("cmdline"), ...(space(pid) === inside ? read("environ").filter((name) => name !== "forwarded") : read("environ"))].map((name) => `${name} in ${pid}`);
    } catch {
      return [];
    }
  });
  expect(found).toEqual([]);
});

test("docker's own proxy settings reach no container: not the agent, not the sidecars, not a helper", async () => {
  const { out } = await run(bottle, "env | grep -i '_proxy=.' | grep -v NODE_USE_ENV | sort");
  expect(out.trim().split("\n").map((line) => line.replace(/=.*@egress:8080$/, " by egress").replace(/=localhost,.*/, " by bottle")).toSorted()).toEqual([
    "HTTPS_PROXY by egress", "HTTP_PROXY by egress", "NO_PROXY by bottle", "http_proxy by egress", "https_proxy by egress", "no_proxy by bottle",
  ]);
  const seen: string[] = [];
  const tool = mkdtempSync(join(folder, "tool-"));
  writeFileSync(join(tool, "program"), random("content"));
  const label = ownerLabel(rig.home, wanted.identity);
  const operators = createDocker(env, label);
  const watching: Docker = {
    ...operators,
    must: async (args, ...rest) => {
      const answer = await operators.must(args, ...rest);
      if (args[0] === "create") seen.push(await said("inspect", answer.trim()));
      return answer;
    },
  };
  const { agent = "" } = await findImages(docker);
  const [mount] = await prepareMounts(watching, [{ source: tool, target: "/opt/bottle/tool" }], { image: agent, label, signal: AbortSignal.timeout(timeoutMs) });
  await docker.run(["volume", "rm", mount?.volume ?? "", `${mount?.volume}-filled`]);
  expect(seen.map(secretsIn)).toEqual([[]]);
  // By which a sweep finds the helper of a launch that was killed.
  expect(seen[0]).toContain(`"bottle.owned": "${label}"`);
}, timeoutMs);

test("neither the compose file nor anything else of the state holds one, running or ended", async () => {
  const { root } = rig.state.directory(wanted.identity);
  expect(readdirSync(root)).toContain("docker-compose.yml");
  expect(filesWith(root)).toEqual([]);
  await bottle[Symbol.asyncDispose]();
  expect(readdirSync(join(root, "logs"))).toEqual(expect.arrayContaining(["agent-container.log", "sidecars-container.log"]));
  expect(readFileSync(join(root, "audit.jsonl"), "utf8")).toContain("elsewhere.example.com");
  expect(filesWith(root)).toEqual([]);
}, timeoutMs);

/** Files below the state directory that hold a secret, but for the project's own copy of its file. */
function filesWith(root: string): readonly string[] {
  const { stdout } = spawnSync("grep", ["-rlaF", ...Object.values(needles).flatMap((value) => ["-e", value]), root], { encoding: "utf8" });
  return stdout.split("\n").filter((path) => path !== "" && path !== join(root, "workspace/secret.txt"));
}

test("a line break in a forwarded value is refused with the variable's name, and nothing stays", async () => {
  const spec = rig.spec({ secretEnv: { STAGING_DB: secretValue(`${forwarded}\nX=1`) } });
  const error = await rig.launch(spec).then(() => undefined, (reason: unknown) => reason);
  expect(error).toMatchObject({ code: "spec-invalid", message: "The value of STAGING_DB has a line break or a NUL, which a container's environment cannot be given." });
  expect(secretsIn(String(error))).toEqual([]);
  expect(await findOwned(docker, ownerLabel(rig.home, spec.identity))).toEqual([]);
  expect(await rig.stateFolders()).not.toContain(spec.identity);
});
