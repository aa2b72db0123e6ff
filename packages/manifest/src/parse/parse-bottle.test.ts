import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseBottle } from "../index.ts";
import { bottle, bottleProblems, designExample, hostKey } from "../testing/bottle-file.ts";

test("the example of DESIGN §5 is read whole", () => {
  const parsed = parseBottle({ file: "/home/me/.bottle/bottles/dev.md", text: designExample });
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      name: "dev",
      backend: "auto",
      minIsolation: "namespaces",
      workspace: "copy",
      env: {
        LOG_LEVEL: { kind: "literal", value: "debug" },
        DB_URL: { kind: "from_env", name: "STAGING_DB" },
        API_KEY: { kind: "secret" },
      },
      git: [{ name: "app", upstream: "ssh://git@git.example.com:22/acme/app.git", identityFile: "~/.ssh/app_deploy", knownHostKey: hostKey }],
      egress: {
        routes: [
          { host: "api.anthropic.com", auth: { scheme: "bearer", tokenRef: "CLAUDE_CODE_OAUTH_TOKEN" } },
          { host: "registry.npmjs.org", methods: ["GET", "HEAD"] },
          { host: "*.example.com", paths: ["/api/**"], dlp: "warn" },
        ],
        hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" },
      },
      supervise: true,
      limits: {},
      body: "Text for people.",
      source: { file: "/home/me/.bottle/bottles/dev.md", places: { "env.DB_URL": { line: 7, column: 3 } } },
    },
  });
});

test("an empty bottle lets nothing out and may ask for nothing", () => {
  expect(bottle("")).toEqual({
    source: { file: "bottles/dev.md", places: {} },
    name: "dev", backend: "auto", minIsolation: "namespaces", workspace: "copy", env: {}, git: [],
    egress: { routes: [], hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } },
    supervise: false, limits: {}, body: "",
  });
});

test("every other key reaches the model", () => {
  expect(bottle(`backend: docker
min_isolation: container
runtime: runsc
limits: { memory: 512MiB, pids: 100, cpus: 0.5 }
git: [{ name: app, upstream: "git@git.example.com:acme/app.git", push: ["agent/**"], tags: true, force: [wip/*], delete: [wip/*], stale: allow, review: true }]
git_identity: { name: An Agent, email: agent@example.com }
egress:
  routes:
    - host: 2001:db8::1
      ports: [8443]
      auth: { scheme: header, token_ref: KEY, name: x-api-key }
  hosts: { git.lan: "10.0.0.5:8443", a.test: "[fd00::5]:443", b.test: 10.0.0.6 }
  ca_files: [~/corp.pem, /etc/ssl/corp.pem]
  allow_private: [{ host: git.lan, port: 8443, cidr: 10.0.0.0/24 }]`)).toMatchObject({
    backend: "docker",
    minIsolation: "container",
    runtime: "runsc",
    limits: { memoryBytes: 536_870_912, pids: 100, cpus: 0.5 },
    git: [{ name: "app", upstream: "git@git.example.com:acme/app.git", push: ["agent/**"], tags: true, force: ["wip/*"], delete: ["wip/*"], stale: "allow", review: true }],
    gitIdentity: { name: "An Agent", email: "agent@example.com" },
    source: { places: { "git.app.upstream": { line: 6, column: 30 } } },
    egress: {
      routes: [{ host: "2001:db8::1", ports: [8443], auth: { scheme: "header", tokenRef: "KEY", name: "x-api-key" } }],
      hosts: { "git.lan": "10.0.0.5:8443", "a.test": "[fd00::5]:443", "b.test": "10.0.0.6" },
      caFiles: ["~/corp.pem", "/etc/ssl/corp.pem"],
      allowPrivate: [{ host: "git.lan", port: 8443, cidr: "10.0.0.0/24" }],
    },
  });
});

test("the example of the manual is fine", () => {
  const manual = readFileSync(new URL("../../../../docs/manifest.md", import.meta.url), "utf8");
  const [, example = ""] = /```yaml\n(git:\n[^]*?)```/.exec(manual) ?? [];
  expect(bottle(example)).toMatchObject({ git: [{ name: "app", push: ["agent/**"], review: true }], gitIdentity: { name: "Acme Agent" }, egress: { routes: [{ host: "git.example.com" }] } });
});

test("Windows line ends and a byte order mark change nothing", () => {
  const { ok } = parseBottle({ file: "dev.md", text: `\ufeff${designExample.replaceAll("\n", "\r\n")}` });
  expect(ok).toBe(true);
});

test("bytes are read as text is", () => {
  const text = parseBottle({ file: "dev.md", text: designExample });
  expect(parseBottle({ file: "dev.md", text: new TextEncoder().encode(designExample) })).toEqual(text);
});

test("all problems of a file come at once, in the order of the file", () => {
  expect(bottleProblems(`wrokspace: copy
env: { PORT: 8080 }
git: [{ upstream: x }]
egress: { routes: [{ host: "*", methods: [] }] }
supervise: 1`)).toEqual([
    "1:1 key-unknown \"wrokspace\" is not a key here. → Did you mean workspace?",
    "2:14 env-value PORT must be text; without quotes this is a number. → PORT: \"8080\"",
    "3:7 key-missing `git[0].name` is missing. → Add a line: name: …",
    "3:19 upstream-invalid \"x\" is not the address of a git upstream. → For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git",
    "4:28 host-too-wide \"*\" would open every host there is. → Name the hosts one by one, or the subdomains of one domain as \"*.example.com\".",
    "4:42 value-empty `egress.routes[0].methods` is an empty list, which could be read as all or as none. → Leave the key out for all, or name some.",
    "5:12 value-type `supervise` must be true or false, not a number.",
  ]);
});

test.each([
  ["../dev.md", "1:1"],
  ["dev.md/..", "file-name"],
  ["bottles/..md", "name-invalid"],
  ["bottles/Dev.md", "name-invalid"],
  ["bottles/dev\u202e.md", "name-invalid"],
  [`bottles/${"x".repeat(42)}.md`, "name-invalid"],
  ["bottles/dev.yaml", "file-name"],
  ["", "file-name"],
])("the file name %j names no bottle unless it is a plain name with .md", (file, expected) => {
  const problems = bottleProblems("backend: auto", file);
  if (file === "../dev.md") expect(problems).toEqual([]);
  else expect(problems).toEqual([expect.stringContaining(expected)]);
});
