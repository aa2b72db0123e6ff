import { expect, test } from "vitest";
import { formatSnapshot, ManifestError, parseAgent, parseBottle, parseSnapshot, type Resolved } from "../index.ts";

function made(): Resolved {
  const agent = parseAgent({ file: "agents/dev.md", text: "---\nkind: command\nbottle: dev\ncommand: [/bin/true, a b]\nskills: [review]\nenv: { A: hunter2, B: { from_env: HOST_B }, C: { secret: true } }\n---\nBe careful.\n" });
  const bottle = parseBottle({ file: "bottles/dev.md", text: [
    "---", "backend: docker", "runtime: runsc", "min_isolation: container", "workspace: bind", "supervise: true", "env: { D: d }",
    "git: [{ name: app, upstream: \"ssh://git@git.example.com/acme/app.git\", identity_file: ~/.ssh/id, push: [\"agent/**\"], tags: true, force: [wip], delete: [wip], stale: allow, review: true }]",
    "git_identity: { name: An Agent, email: agent@example.com }",
    "egress:", "  routes:", "    - { host: a.test, ports: [8443], methods: [GET], paths: [\"/**\"], auth: { scheme: header, name: x-api-key, token_ref: T }, dlp: warn }",
    "  tokens: { T: { command: [gh, auth, token], ttl_seconds: 60 } }", "  hosts: { a.test: \"127.0.0.1:8443\" }", "  ca_files: [~/ca.pem]", "  allow_private: [{ host: a.test, port: 8443, cidr: 127.0.0.1/32 }]",
    "limits: { memory: 2GiB, pids: 100, cpus: 0.5 }", "---", "For people.", "",
  ].join("\n") });
  if (!agent.ok || !bottle.ok) throw new Error(JSON.stringify([agent, bottle]));
  return { agent: agent.value, bottle: bottle.value };
}

const whole = made();
const { agent, bottle } = whole;
const refusal = (value: unknown): string => {
  try {
    parseSnapshot(typeof value === "string" ? value : JSON.stringify(value));
    return "read";
  } catch (error) {
    return error instanceof ManifestError ? `${error.code} ${error.message}` : String(error);
  }
};
const wrong = "snapshot-invalid manifest.json is not as bottle writes it: ";

test("what the parsers give is read back as it was, every key of it", () => {
  expect(parseSnapshot(formatSnapshot(whole))).toEqual(whole);
});

test("the least there can be is read back as well", () => {
  const [least, none] = [parseAgent({ file: "agents/a.md", text: "---\nkind: shell\nbottle: b\n---\n" }), parseBottle({ file: "bottles/b.md", text: "---\n---\n" })];
  if (!least.ok || !none.ok) throw new Error("not parsed");
  const resolved = { agent: least.value, bottle: none.value };
  expect(parseSnapshot(formatSnapshot(resolved))).toEqual(resolved);
});

test.each([
  ["nothing", "", "snapshot-invalid manifest.json is not JSON (0 characters). It may have been cut short."],
  ["a cut file", formatSnapshot(whole).slice(0, 40), "snapshot-invalid manifest.json is not JSON (40 characters). It may have been cut short."],
  ["a later version", { version: 2, anything: 1 }, "snapshot-version manifest.json has version 2; this bottle reads version 1. Use the bottle that made it, or a newer one."],
  ["no version", whole, `${wrong}version is missing.`],
  ["an unknown key", { version: 1, agent, bottle: { ...bottle, privileged: true } }, `${wrong}bottle.privileged is unknown.`],
  ["a host that is every host", { version: 1, agent, bottle: { ...bottle, egress: { ...bottle.egress, routes: [{ host: "*" }] } } }, `${wrong}bottle.egress.routes.0.host has a wrong form.`],
  ["a guard that is no word of ours", { version: 1, agent, bottle: { ...bottle, minIsolation: "none" } }, `${wrong}bottle.minIsolation must be ("namespaces" | "container" | "microvm").`],
  ["a credential that is forwarded inside", { version: 1, agent: { ...agent, env: { X: { kind: "from_env", name: "T" } } }, bottle }, `${wrong}agent has a wrong form.`],
  ["a source that is a value", { version: 1, agent, bottle: { ...bottle, egress: { ...bottle.egress, tokens: { T: "ghp_x" } } } }, expect.stringMatching(/^snapshot-invalid .*tokens/)],
  ["a branch that is a refspec", { version: 1, agent, bottle: { ...bottle, git: [{ name: "app", upstream: "git@a.test:p", push: ["HEAD:main"] }] } }, `${wrong}bottle.git.0.push.0 has a wrong form.`],
  ["a committer with a line of their own", { version: 1, agent, bottle: { ...bottle, gitIdentity: { name: "a\n[core]", email: "a@b.c" } } }, `${wrong}bottle.gitIdentity.name has a wrong form.`],
  ["a command by a relative path", { version: 1, agent, bottle: { ...bottle, egress: { ...bottle.egress, tokens: { T: { command: ["./x"] } } } } }, expect.stringMatching(/^snapshot-invalid .*tokens/)],
  ["a source's variable that is forwarded inside", { version: 1, agent: { ...agent, env: { X: { kind: "from_env", name: "REAL" } } }, bottle: { ...bottle, egress: { ...bottle.egress, tokens: { T: { env: "REAL" } } } } }, `${wrong}agent has a wrong form.`],
  ["a proxy variable", { version: 1, agent, bottle: { ...bottle, env: { HTTPS_PROXY: { kind: "literal", value: "x" } } } }, `${wrong}bottle.env.HTTPS_PROXY has a wrong form.`],
  ["a command of another kind", { version: 1, agent: { ...agent, kind: "claude" }, bottle }, `${wrong}agent has a wrong form.`],
  ["another bottle", { version: 1, agent, bottle: { ...bottle, name: "wide" } }, `${wrong}agent has a wrong form.`],
  ["an upward path as a skill", { version: 1, agent: { ...agent, skills: ["../../.ssh"] }, bottle }, `${wrong}agent.skills.0 has a wrong form.`],
  ["a list", [], `${wrong}version is missing; agent is missing; bottle is missing.`],
  ["null", "null", expect.stringContaining("snapshot-invalid ")],
])("%s is refused with its place", (_, value, expected) => {
  expect(refusal(value)).toEqual(expected);
});

test("no refusal shows a value, for a literal may be somebody's secret", () => {
  const text = formatSnapshot(whole);
  for (const broken of [text.slice(0, text.indexOf("hunter2") + 5), text.replace('"literal"', '"litteral"'), text.replace('"hunter2"', '["hunter2"]')]) {
    expect(refusal(broken)).toMatch(/^snapshot-invalid /);
    expect(refusal(broken)).not.toContain("hunter");
  }
});

test("a key named __proto__ changes no object", () => {
  expect(refusal(formatSnapshot(whole).replace('"A":{', '"__proto__":{'))).toMatch(/^read$|^snapshot-invalid/);
  expect(Object.prototype).not.toHaveProperty("kind");
});
