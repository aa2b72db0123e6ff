import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { agentJsonSchema, auditJsonSchema, bottleJsonSchema, type AuditEvent } from "../index.ts";
import { designExample } from "../testing/bottle-file.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import { plainOf } from "../yaml/tree.ts";

const validates = (schema: object, value: unknown): boolean => new Ajv({ strict: true, strictTypes: false }).compile(schema)(value);

/** Every key that DESIGN §5 and the README name, by path. */
const documented = [
  "backend", "min_isolation", "workspace", "env", "git", "egress", "supervise", "runtime", "limits",
  "git.name", "git.upstream", "git.identity_file", "git.known_host_key", "git.push", "git.tags", "git.force", "git.delete", "git.stale", "git.review",
  "git_identity", "git_identity.name", "git_identity.email",
  "egress.routes", "egress.hosts", "egress.ca_files", "egress.allow_private", "egress.dlp", "egress.dlp.engine",
  "egress.routes.host", "egress.routes.ports", "egress.routes.methods", "egress.routes.paths", "egress.routes.auth", "egress.routes.dlp",
  "egress.routes.auth.scheme", "egress.routes.auth.token_ref", "egress.routes.auth.name",
  "egress.routes.auth.in", "egress.routes.auth.region", "egress.routes.auth.service",
  "egress.routes.streaming", "egress.routes.deny", "egress.routes.websocket", "egress.routes.passthrough", "egress.routes.limits",
  "egress.routes.limits.requests_per_minute", "egress.routes.limits.bytes_out_per_minute", "egress.routes.limits.concurrent",
  "egress.tokens", "egress.tokens.env", "egress.tokens.file", "egress.tokens.command", "egress.tokens.ttl_seconds", "egress.tokens.timeout_seconds",
  "egress.dlp.known_files", "egress.dlp.packs", "egress.dangerously_allow_all",
  "egress.upstream_proxy", "egress.upstream_proxy.proxy", "egress.upstream_proxy.credential_ref", "egress.upstream_proxy.no_proxy", "egress.upstream_proxy.ca_files",
  "egress.allow_private.host", "egress.allow_private.port", "egress.allow_private.cidr",
  "limits.memory", "limits.pids", "limits.cpus", "env.from_env", "env.secret",
];

describe("the schema of a bottle", () => {
  test("takes the example of DESIGN §5", () => {
    const { root, faults } = readYaml(designExample.split("---")[1] ?? "", 0);
    expect(faults).toEqual([]);
    expect(validates(bottleJsonSchema(), root && plainOf(root))).toBe(true);
  });

  test("knows every documented key and no other, each with a description", () => {
    const found = keysOf(bottleJsonSchema());
    expect([...found.keys()].sort()).toEqual([...documented].sort());
    for (const [key, schema] of found) expect([key, JSON.stringify(schema).includes("description") || "enum" in schema]).toEqual([key, true]);
  });

  test.each([
    [{ wrokspace: "copy" }], [{ backend: "podman" }], [{ egress: { allowlist: [] } }], [{ egress: { routes: [{}] } }],
    [{ egress: { routes: [{ host: "a", methods: [] }] } }], [{ env: { A: 1 } }], [{ limits: { pids: 0 } }],
  ])("refuses %j", (value) => {
    expect(validates(bottleJsonSchema(), value)).toBe(false);
  });
});

describe("the schema of an agent", () => {
  test("takes an agent and offers the kinds there are", () => {
    const schema = agentJsonSchema(["claude", "command"]);
    expect(validates(schema, { kind: "claude", bottle: "dev", skills: ["a"], env: { A: "b" } })).toBe(true);
    expect(validates(schema, { kind: "other", bottle: "dev" })).toBe(false);
    expect(validates(agentJsonSchema(), { kind: "other", bottle: "dev" })).toBe(true);
  });

  test("knows every key", () => {
    expect([...keysOf(agentJsonSchema()).keys()].sort()).toEqual(["bottle", "command", "env", "env.from_env", "env.secret", "kind", "skills"]);
  });
});

describe("the schema of an audit line", () => {
  const events: readonly AuditEvent[] = [
    { type: "network", decision: "deny", layer: "route", reason: "no-route", host: "a.test", port: 443, method: "GET", path: "/", findings: [{ rule: "r", kind: "known", where: "body", via: [] }], alarm: true, count: 2 },
    { type: "lifecycle", event: "agent-exit", detail: "exit status 0" },
    { type: "control", op: "reload", outcome: "done" },
    { type: "git", decision: "allow", op: "push", repository: "app", reason: "accepted", refs: [{ ref: "refs/heads/a", new: "a".repeat(40) }], identityFile: "app_deploy" },
    { type: "proposal", state: "pending", kind: "egress", proposal: "p-00000000" },
    { type: "grant", decision: "used-up", proposal: "p-00000000" },
    { type: "checkpoint", key: "k".repeat(43), signature: "s".repeat(86), closed: true },
  ];
  const record = { seq: 0, time: "2026-01-02T03:04:05.678Z", identity: "demo-4k2x9", prev: "0".repeat(64) };

  test.each(events)("takes a $type event, and no field that is not named", (event) => {
    expect(validates(auditJsonSchema(), { ...record, event })).toBe(true);
    expect(validates(auditJsonSchema(), { ...record, event: { ...event, more: 1 } })).toBe(false);
    expect(validates(auditJsonSchema(), { ...record, event: { ...event, type: "other" } })).toBe(false);
  });
});

test("the schemas are plain JSON", () => {
  for (const schema of [agentJsonSchema(), auditJsonSchema(), bottleJsonSchema()]) expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

type Json = Readonly<Record<string, unknown>>;

function keysOf(schema: Json, path = ""): Map<string, Json> {
  const found = new Map<string, Json>();
  const below = (value: unknown, at: string): void => {
    if (typeof value === "object" && value !== null) for (const [key, node] of keysOf(value as Json, at)) found.set(key, node);
  };
  for (const [key, value] of Object.entries((schema["properties"] ?? {}) as Json)) {
    const at = path === "" ? key : `${path}.${key}`;
    found.set(at, value as Json);
    below(value, at);
  }
  below(schema["items"], path);
  below(schema["additionalProperties"], path);
  for (const option of (schema["anyOf"] ?? []) as Json[]) below(option, path);
  return found;
}
