import { expect, test } from "vitest";
import { ManifestError, parseSidecarsConfig, type SidecarsConfig } from "../index.ts";

const config: SidecarsConfig = {
  identity: "demo-4k2x9",
  listen: { egress: { unix: "/s/egress.sock" } },
  control: { unix: "/s/control.sock" },
  auditFile: "/s/audit.jsonl",
  egress: {
    caDirectory: "/s/egress",
    proxyCredential: { username: "demo-4k2x9", password: "hunter2" },
    declaration: {
      routes: [{ host: "a.test", ports: [8443], methods: ["GET"], paths: ["/**"], auth: { scheme: "header", tokenRef: "T", name: "x-api-key" }, dlp: "warn" }],
      hosts: { "a.test": "127.0.0.1:8443" },
      caFiles: ["~/ca.pem"],
      allowPrivate: [{ host: "a.test", port: 8443, cidr: "127.0.0.1/32" }],
      dlp: { engine: "builtin" },
    },
    upstreamCas: ["-----BEGIN CERTIFICATE-----"],
    tokens: { T: "sk-hunter2" },
  },
};
const refusal = (value: unknown): string => {
  try {
    parseSidecarsConfig(typeof value === "string" ? value : JSON.stringify(value));
    return "read";
  } catch (error) {
    return error instanceof ManifestError ? `${error.code} ${error.message}${error.stack ?? ""}${String(error.cause)}` : String(error);
  }
};
const prefix = "sidecars-config-invalid The configuration of the sidecars is not as bottle writes it: ";

test("plain JSON is read back as it was", () => {
  expect(parseSidecarsConfig(JSON.stringify(config))).toEqual(config);
  const tcp = { ...config, listen: { egress: { host: "127.0.0.1", port: 0 } } };
  expect(parseSidecarsConfig(JSON.stringify(tcp))).toEqual(tcp);
});

const git: SidecarsConfig = {
  ...config,
  listen: { ...config.listen, gitGate: { unix: "/s/git.sock" } },
  git: {
    directory: "/s/git", knownHostsFiles: ["/keys/known_hosts"], files: { "/keys/app": "-----BEGIN hunter2" },
    repositories: [{ name: "app", upstream: "ssh://git@git.example.com/acme/app.git", identityFile: "/keys/app" }],
  },
};

test("a gate is read back as it was, and comes with where it listens", () => {
  expect(parseSidecarsConfig(JSON.stringify(git))).toEqual(git);
  expect(refusal({ ...git, listen: config.listen })).toContain(`${prefix}listen has a wrong form.`);
  expect(refusal({ ...config, listen: git.listen })).toContain(`${prefix}listen has a wrong form.`);
});

test.each([
  ["a key under the operator's home", { repositories: [{ name: "app", upstream: "git@git.example.com:a.git", identityFile: "~/.ssh/id" }] }, "git.repositories has a wrong form"],
  ["an upstream that is a program", { repositories: [{ name: "app", upstream: "ext::sh -c id" }] }, "git.repositories.0.upstream has a wrong form"],
  ["no repository", { repositories: [] }, "git.repositories has a wrong form"],
  ["a file at a relative path", { files: { "keys/app": "hunter2" } }, "git.files.keys/app has a wrong form"],
])("a gate with %s is refused by its place", (_, change, reason) => {
  const text = refusal({ ...git, git: { ...git.git, ...change } });
  expect(text).toContain(`${prefix}${reason}.`);
  expect(text).not.toContain("hunter2");
});

test.each([
  ["a wrong token", { ...config, egress: { ...config.egress, tokens: { T: ["sk-hunter2"] } } }, "egress.tokens.T must be string"],
  ["a wrong token name", { ...config, egress: { ...config.egress, tokens: { "T=hunter": "x" } } }, "egress.tokens.T=hunter has a wrong form"],
  ["an unknown key", { ...config, debug: true }, "debug is unknown"],
  ["a relative path", { ...config, auditFile: "audit.jsonl" }, "auditFile has a wrong form"],
  ["a wide route", { ...config, egress: { ...config.egress, declaration: { ...config.egress.declaration, routes: [{ host: "*" }] } } }, "egress.declaration.routes.0.host has a wrong form"],
  ["a header without name", { ...config, egress: { ...config.egress, declaration: { ...config.egress.declaration, routes: [{ host: "a.test", auth: { scheme: "header", tokenRef: "T" } }] } } }, "egress.declaration.routes.0.auth has a wrong form"],
  ["no password", { ...config, egress: { ...config.egress, proxyCredential: { username: "x", password: "" } } }, "egress.proxyCredential.password has a wrong form"],
])("%s is refused by its place", (_, value, reason) => {
  expect(refusal(value)).toContain(`${prefix}${reason}.`);
});

test.each([
  ["cut JSON", JSON.stringify(config).slice(0, -5)],
  ["text before it", `sk-hunter2${JSON.stringify(config)}`],
  ["a secret of a wrong type", JSON.stringify({ ...config, egress: { ...config.egress, proxyCredential: "hunter2" } })],
  ["a token list", JSON.stringify({ ...config, egress: { ...config.egress, tokens: ["sk-hunter2"] } })],
])("an error on %s shows no credential", (_, text) => {
  expect(refusal(text)).toMatch(/^sidecars-config-invalid /);
  expect(refusal(text)).not.toContain("hunter2");
});
