import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GitDeclaration, SidecarsConfig } from "@bottle/manifest";
import { parseSidecarsConfig } from "@bottle/manifest/state";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withGateFiles } from "./gate-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-keys-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const upstream = "ssh://git@git.example.com/acme/app.git";
const config = (repositories: readonly GitDeclaration[], knownHostsFiles?: readonly string[]): SidecarsConfig => ({
  identity: "demo-abc12",
  listen: { egress: { host: "egress", port: 8080 }, gitGate: { host: "git-gate", port: 9418 } },
  control: { unix: "/var/lib/bottle/control.sock" },
  auditFile: "/var/lib/bottle/audit.jsonl",
  egress: {
    caDirectory: "/var/lib/bottle/egress", proxyCredential: { username: "bottle", password: "x" },
    declaration: { routes: [], hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } }, upstreamCas: [], tokens: {},
  },
  git: { directory: "/var/lib/gate", repositories, ...(knownHostsFiles && { knownHostsFiles }) },
});

test("keys and known hosts go along as texts, for files in memory, and no path of the host is left", async () => {
  const [key, hosts, more] = [join(folder, "id"), join(folder, "known_hosts"), join(folder, "more")];
  writeFileSync(key, "the key\n", { mode: 0o600 });
  writeFileSync(hosts, "a.test ssh-ed25519 AAAA");
  writeFileSync(more, "b.test ssh-ed25519 BBBB\n");
  const given = await withGateFiles(config([{ name: "app", upstream, identityFile: key }, { name: "docs", upstream: "https://git.example.com/acme/docs.git" }], [hosts, join(folder, "missing"), more]), "dev");
  expect(given.git).toEqual({
    directory: "/var/lib/gate",
    repositories: [{ name: "app", upstream, identityFile: "/tmp/gate-keys/app.key" }, { name: "docs", upstream: "https://git.example.com/acme/docs.git" }],
    knownHostsFiles: ["/tmp/gate-keys/known_hosts"],
    files: { "/tmp/gate-keys/app.key": "the key\n", "/tmp/gate-keys/known_hosts": "a.test ssh-ed25519 AAAA\nb.test ssh-ed25519 BBBB\n" },
  });
  expect(JSON.stringify(given)).not.toContain(folder);
  expect(parseSidecarsConfig(JSON.stringify(given))).toEqual(given);
});

test("a key that cannot be read ends the launch, naming it", async () => {
  const key = join(folder, "nowhere");
  await expect(withGateFiles(config([{ name: "app", upstream, identityFile: key }]), "dev")).rejects.toMatchObject({ code: "credential-missing", message: `The identity file ${key} of bottle "dev" cannot be read: ENOENT.` });
});

test("a bottle without upstreams is given nothing", async () => {
  const { git: _, listen: { egress }, ...rest } = config([]);
  const plain: SidecarsConfig = { ...rest, listen: { egress } };
  expect(await withGateFiles(plain, "dev")).toBe(plain);
});
