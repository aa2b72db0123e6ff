import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createContexts } from "./authority/contexts.ts";
import { createIssuer } from "./authority/leaf.ts";
import { mintAuthority } from "./authority/mint.ts";
import { openAuthority } from "./authority/store.ts";
import { checkLeaks } from "./testing/leaks.ts";

checkLeaks();
const run = promisify(execFile);
let directory: string;

beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), "egress-ca-"))));
afterAll(() => rm(directory, { recursive: true, force: true }));

const hosts = ["api.example.com", "_x.example.com", "xn--mnchen-3ya.example", "192.0.2.1", "2001:db8::1", "::1", `${"a".repeat(60)}.${"b".repeat(60)}.example.com`];

test.each(hosts)("openssl verifies the chain of %s, strictly", async (host) => {
  const authority = mintAuthority({ commonName: "bottle test" });
  const leaf = createIssuer(authority)(host);
  const [ca, cert] = [join(directory, "ca.pem"), join(directory, "leaf.pem")];
  await Promise.all([writeFile(ca, authority.certificate), writeFile(cert, leaf.certificate)]);
  const isAddress = host.includes(":") || /^[0-9.]+$/.test(host);
  const { stdout } = await run("openssl", ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca, isAddress ? "-verify_ip" : "-verify_hostname", host, cert]);
  expect(stdout).toBe(`${cert}: OK\n`);
  await expect(run("openssl", ["verify", "-x509_strict", "-CAfile", ca, "-verify_hostname", "other.example.com", cert])).rejects.toThrow();
});

test("a leaf is a server's for a month, and a CA signs leaves only", async () => {
  const authority = mintAuthority({ commonName: "bottle test" });
  const ca = new X509Certificate(authority.certificate);
  const leaf = new X509Certificate(createIssuer(authority)("a.example").certificate);
  const { stdout } = await run("sh", ["-c", `printf %s "$PEM" | openssl x509 -noout -text`], { env: { ...process.env, PEM: authority.certificate } });
  expect(stdout).toMatch(/X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  expect(stdout).toMatch(/X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign/);
  expect(stdout).toMatch(/X509v3 Subject Key Identifier:[^]*X509v3 Authority Key Identifier:/);
  expect([leaf.ca, leaf.subjectAltName, leaf.checkIssued(ca), leaf.verify(ca.publicKey)]).toEqual([false, "DNS:a.example", true, true]);
  expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  const days = (new Date(leaf.validTo).getTime() - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThanOrEqual(30);
});

test("serial numbers are positive, 16 bytes, and all different", () => {
  const issue = createIssuer(mintAuthority({ commonName: "bottle test" }));
  const serials = Array.from({ length: 200 }, (_, index) => new X509Certificate(issue(`h${index}.test`).certificate).serialNumber);
  expect(serials.every((serial) => /^[4-7][0-9A-F]{31}$/.test(serial))).toBe(true);
  expect(new Set(serials).size).toBe(200);
});

test("a leaf never outlives its CA", () => {
  const authority = { ...mintAuthority({ commonName: "bottle test" }), notAfter: new Date(Date.now() + 3_600_000) };
  const leaf = new X509Certificate(createIssuer(authority)("a.example").certificate);
  expect(new Date(leaf.validTo).getTime()).toBeLessThanOrEqual(authority.notAfter.getTime());
});

test("contexts are kept, up to the capacity", () => {
  const contextFor = createContexts(mintAuthority({ commonName: "bottle test" }), 2);
  const first = contextFor("a.test");
  expect(contextFor("a.test")).toBe(first);
  contextFor("b.test");
  contextFor("c.test");
  expect(contextFor("a.test")).not.toBe(first);
});

test("a CA is made once, closed to others, and found again", async () => {
  const folder = join(directory, "made");
  const made = await openAuthority(folder, "one");
  const again = await openAuthority(folder, "two");
  expect([again.certificate, again.commonName]).toEqual([made.certificate, "one"]);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "ca.key"))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(folder, "ca.pem"), "utf8")).toBe(made.certificate);
});

test.each([
  ["an empty certificate", (folder: string) => truncate(join(folder, "ca.pem"))],
  ["a broken key", (folder: string) => writeFile(join(folder, "ca.key"), "no key")],
  ["no key", (folder: string) => rm(join(folder, "ca.key"))],
  ["a key that others could read", (folder: string) => chmod(join(folder, "ca.key"), 0o644)],
  ["another CA's certificate", (folder: string) => writeFile(join(folder, "ca.pem"), mintAuthority({ commonName: "x" }).certificate)],
  ["a draft left by a crash", (folder: string) => rm(join(folder, "ca.pem")).then(() => writeFile(join(folder, "ca.key.new"), "half"))],
])("%s: the CA is made anew", async (_, spoil) => {
  const folder = await mkdtemp(join(directory, "spoilt-"));
  const made = await openAuthority(folder, "one");
  await spoil(folder);
  const again = await openAuthority(folder, "two");
  expect(again.certificate).not.toBe(made.certificate);
  expect((await stat(join(folder, "ca.key"))).mode & 0o777).toBe(0o600);
  expect(new X509Certificate(await readFile(join(folder, "ca.pem"), "utf8")).checkPrivateKey(again.key)).toBe(true);
});

test("a directory that others may enter is refused", async () => {
  const folder = join(directory, "open");
  await mkdir(folder);
  await chmod(folder, 0o755);
  await expect(openAuthority(folder, "one")).rejects.toMatchObject({
    code: "authority-unsafe", message: `The CA directory ${folder} must be this user's own with mode 0700. Run: chmod 700 ${folder}`,
  });
});

test("a path that is no directory is refused", async () => {
  const file = join(directory, "file");
  await writeFile(file, "");
  await expect(openAuthority(join(file, "ca"), "one")).rejects.toMatchObject({ code: "authority-failed" });
});
