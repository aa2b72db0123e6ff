import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "@bottle/standalone";
import { run } from "./commands/run.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { type Folder, makeFolder } from "../testing/standalone.ts";

checkLeaks();
const documents = fileURLToPath(new URL("../../docs/", import.meta.url));
let folder: Folder;
beforeAll(async () => void (folder = await makeFolder()));
afterAll(() => folder[Symbol.asyncDispose]());

const yaml = `
listen: 127.0.0.1:8080
ca_directory: ca
ca_name: test proxy
routes:
  - { host: api.test, methods: [GET, POST], paths: ["/v1/**"], auth: { scheme: bearer, token_ref: KEY } }
  - { host: api.test, deny: true, paths: ["/v1/admin/**"] }
  - { host: pinned.test, passthrough: true }
tokens: { KEY: { env: KEY }, OTHER: { command: [./no-such-program] } }
`;

test("check says what would start and what has no value yet, and leaves nothing behind", async () => {
  await folder.configure(yaml);
  expect(await folder.run("check")).toEqual({ status: 0, stderr: "", stdout: [
    "egress.yaml: fine",
    "  listen    127.0.0.1:8080",
    "  routes    3, 1 with a credential, 1 deny, 1 passed unread",
    `  CA        ${folder.file("ca/ca.pem")}, not made yet: the start, or \`egress-addon ca\`, makes it`,
    "  tokens    2",
    "  audit     standard output",
    "  operator  none: no metrics, no health, reload by SIGHUP alone",
    "  ! token KEY: the variable KEY is not set; its routes refuse until it has a value",
    `  ! token OTHER: ${folder.file("no-such-program")} was not found; its routes refuse until it has a value`,
    "  ! pinned.test passes unread: no method, path or secret in its tunnels is looked at",
    "",
  ].join("\n") });
  expect(await readdir(folder.path)).toEqual(["egress.yaml"]);
});

test("check ends with 3 where the file is fine and the machine is not", async () => {
  await using dir = await makeFolder();
  await mkdir(dir.file("ca"), { mode: 0o755 });
  await dir.configure(`${yaml}upstream_cas: [none.pem]\nproxy_credential: { username: u, password_env: NO_SUCH }\n`);
  expect(await dir.run("check")).toMatchObject({ status: 3, stdout: expect.stringMatching(/^egress\.yaml: cannot start\n/) as string, stderr: [
    `egress-addon: ${dir.file("none.pem")} cannot be read: ENOENT.`,
    "egress-addon: proxy_credential has no password: the variable NO_SUCH is not set.",
    `egress-addon: The CA directory ${dir.file("ca")} must be this user's own directory with mode 0700. Run: chmod 700 ${dir.file("ca")}`, "",
  ].join("\n") });
});

test("ca makes a CA once and says how to trust it", async () => {
  await folder.configure(yaml);
  const first = await folder.run("ca");
  const file = folder.file("ca/ca.pem");
  expect(first).toMatchObject({ status: 0, stderr: "" });
  for (const part of [`${file}\n  name      test proxy\n`, `curl --cacert ${file}`, `NODE_EXTRA_CA_CERTS=${file}`, `REQUESTS_CA_BUNDLE=${file}`, `http.sslCAInfo ${file}`]) expect(first.stdout).toContain(part);
  expect((await stat(folder.file("ca/ca.key"))).mode & 0o777).toBe(0o600);
  const pem = await folder.run("ca", "--pem");
  expect(pem.stdout).toBe(await readFile(file, "utf8"));
  const { fingerprint } = JSON.parse((await folder.run("ca", "--json")).stdout) as { readonly fingerprint: string };
  expect(first.stdout).toContain(`SHA-256   ${fingerprint}`);
  expect((await folder.run("check")).stdout).toContain(`SHA-256 ${fingerprint}`);
});

test.each([
  [["GET", "https://api.test/v1/x"], 0, /\nallow\n[^]*route 1 \(api\.test\): decides/],
  [["GET", "https://api.test/v2"], 1, /\ndeny: path-not-allowed /],
  [["GET", "https://api.test/v1/admin/x"], 1, /route 2 \(api\.test\): denies this/],
  [["GET", "http://api.test/v1/x"], 1, /\ndeny: credential-needs-tls /],
  [["POST", "https://api.test/v1/x", "--header", "X-HTTP-Method-Override: DELETE"], 1, /^DELETE .*\ndeny: method-not-allowed /],
  [["GET", "https://pinned.test/x"], 0, /\nallow\nA passthrough route \(pinned\.test\)/],
  [["GET", "https://other.test/"], 1, /\ndeny: no-route /],
  [["GET", "https://api.test/a.git/info/refs?service=git-receive-pack"], 1, /\ndeny: git-push /],
  [["GET", "https://api.test/v1/..%2fadmin"], 1, /\ndeny: path-ambiguous /],
  [["GET", "https://api.test/v1/x", "-H", "Host: api.test"], 1, /^deny: request-host-header /],
])("explain %j ends with %i", async (args, status, text) => {
  await folder.configure(yaml);
  const said = await folder.run("explain", ...args);
  expect(said).toMatchObject({ status, stderr: "", stdout: expect.stringMatching(text) as string });
});

test("explain speaks JSON too, without the credential's place or the request", async () => {
  await folder.configure(yaml);
  const { stdout } = await folder.run("explain", "GET", "https://api.test/v2?key=value", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ decision: { decision: "deny", reason: "path-not-allowed" }, considered: [{ position: 2, outcome: "path" }, { position: 1, outcome: "path" }] });
  expect(stdout).not.toContain("key=value");
});

test.each([
  [["chek"], "egress-addon: \"chek\" is not a command.\n  → Did you mean check?\n"],
  [["check", "--config", "none.yaml"], "egress-addon: none.yaml cannot be read: ENOENT.\n  → Name the file: --config PATH\n"],
  [["explain", "GET", "api.test"], "egress-addon: \"api.test\" is not a URL that a client could ask for.\n  → For example: egress-addon explain GET https://api.example.com/v1/models\n"],
  [["explain", "GET", "https://api.test/", "-H", "nonsense"], "egress-addon: \"nonsense\" is not a header.\n  → For example: --header 'X-HTTP-Method-Override: DELETE'\n"],
  [["control", "reload"], "egress-addon: egress.yaml has no control socket.\n  → Add it: operator: { control: /run/egress-addon/control.sock }, and restart. Until then: kill -HUP reloads.\n"],
])("%j ends with 2 and what to do, without a stack", async (args, stderr) => {
  await folder.configure(yaml);
  expect(await folder.run(...args)).toEqual({ status: 2, stdout: "", stderr });
});

test("a file that everyone may write is not believed", async () => {
  await using dir = await makeFolder();
  await dir.configure(yaml);
  await chmod(dir.file("egress.yaml"), 0o666);
  expect(await dir.run("check")).toEqual({ status: 2, stdout: "", stderr: "egress-addon: egress.yaml may be written by everyone.\n  → chmod o-w egress.yaml\n" });
});

test("a file of other bytes, a folder and a huge file are told, not read", async () => {
  await using dir = await makeFolder();
  await writeFile(dir.file("latin.yaml"), Buffer.from("listen: \xe9", "latin1"));
  await writeFile(dir.file("huge.yaml"), "#".repeat(8_388_609));
  const said = await Promise.all(["latin.yaml", "huge.yaml", "."].map((name) => dir.run("check", "-c", name)));
  expect(said.map(({ status, stderr }) => [status, stderr.split("\n")[0]])).toEqual([
    [2, "egress-addon: latin.yaml is not UTF-8."], [2, "egress-addon: huge.yaml is larger than 8388608 bytes."], [2, "egress-addon: . cannot be read: EISDIR."],
  ]);
});

test.each(["egress.yaml", "egress.compose.yaml"])("the documented %s is fine", async (name) => {
  const said = await folder.runWith({ EGRESS_PASSWORD: "x" }, "check", "--config", `${documents}examples/${name}`);
  expect(said).toMatchObject({ status: 0, stderr: "" });
});

test("the documented first steps work as they are written", async () => {
  const text = await readFile(`${documents}stand-alone.md`, "utf8");
  const first = /egress\.yaml <<'EOF'\n([^]*?)EOF\n/.exec(text)?.[1] ?? "";
  await using dir = await makeFolder();
  await dir.configure(first);
  expect(await dir.run("check")).toMatchObject({ status: 0 });
  expect(await dir.run("explain", "POST", "https://example.com/")).toMatchObject({ status: 1 });
  await dir.configure(first.replace("8080", "0"));
  expect((await dir.start()).address).toMatch(/^127\.0\.0\.1:[0-9]+$/);
});

test("a stop while the start waits for a token's command ends both", async () => {
  await using dir = await makeFolder();
  await dir.configure("listen: 127.0.0.1:0\nca_directory: ca\nroutes: []\ntokens: { T: { command: [sleep, \"60\"] } }\noperator: { control: control.sock }\naudit: { file: audit.jsonl }\n");
  const handlers = new Map<string, () => void>();
  const said: string[] = [];
  const world: World = {
    cwd: dir.path, env: { PATH: process.env["PATH"] ?? "" }, now: () => new Date(), out: (text) => void said.push(text), err: (text) => void said.push(text),
    onSignal(signal, handle) {
      handlers.set(signal, handle);
      return { [Symbol.dispose]: () => void handlers.delete(signal) };
    },
  };
  const running = run(world, { config: "egress.yaml" });
  await expect.poll(() => stat(dir.file("control.sock")).then(() => true, () => false), { timeout: 5_000 }).toBe(true);
  handlers.get("SIGTERM")?.();
  expect(await running).toBe(0);
  expect({ said, left: [...handlers.keys()], files: await readdir(dir.path) }).toEqual({ said: [], left: [], files: ["audit.jsonl", "egress.yaml"] });
  expect(await readFile(dir.file("audit.jsonl"), "utf8")).toBe("");
});

test("the documented unit reloads over the documented socket, and its credential is where the file looks for it", async () => {
  const [unit, file] = await Promise.all(["egress.service", "egress.yaml"].map((name) => readFile(`${documents}examples/${name}`, "utf8")));
  expect(unit).toContain(`control reload --socket ${/control: (\S+)/.exec(file ?? "")?.[1]}\n`);
  expect(unit).toContain(`LoadCredential=${/egress-addon\.service\/(\w+)/.exec(file ?? "")?.[1]}:`);
});

test("the program itself says its version, and ends with a status of its own", async () => {
  await folder.configure("listen: 8080\n");
  expect(await folder.spawn("--version")).toEqual({ status: 0, stdout: `${(await packageVersion())}\n`, stderr: "" });
  expect(await folder.spawn("check")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/^egress\.yaml:1:1\n/) as string });
});

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return version;
}
