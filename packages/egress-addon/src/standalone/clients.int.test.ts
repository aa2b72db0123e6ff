import { execFile, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveGit } from "../testing/git-upstream.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { type Folder, makeFolder } from "../testing/standalone.ts";
import { startUpstream, type Upstream } from "../testing/upstream.ts";

checkLeaks();
const exec = promisify(execFile);
const host = "api.test";
let upstream: Upstream;
let folder: Folder;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await makeFolder();
  upstream = await startUpstream(host, (request, response) => {
    if (request.url?.startsWith("/repo.git")) return serveGit(folder.path, request, response);
    request.resume().once("end", () => response.end(`${request.method} ${request.url} ${request.headers.authorization === "Bearer real-secret-0123"}`));
  });
  await writeFile(folder.file("upstream.pem"), upstream.caCertificate);
  await folder.configure(`
listen: 127.0.0.1:0
ca_directory: ca
proxy_credential: { username: agent, password_env: PASSWORD }
routes: [{ host: ${host}, auth: { scheme: bearer, token_ref: KEY } }]
tokens: { KEY: { env: KEY } }
hosts: { ${host}: "${upstream.address}" }
upstream_cas: [upstream.pem]
`);
  const { address } = await folder.start({ env: { PASSWORD: "in-the-bottle", KEY: "real-secret-0123" } });
  const proxy = `http://agent:in-the-bottle@${address}`;
  const ca = folder.file("ca/ca.pem");
  // As docs/stand-alone.md has it.
  env = {
    PATH: process.env["PATH"] ?? "", HOME: folder.path, http_proxy: proxy, https_proxy: proxy, HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca, REQUESTS_CA_BUNDLE: ca, CURL_CA_BUNDLE: ca, GIT_SSL_CAINFO: ca, GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1",
  };
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test("curl", async () => {
  expect((await exec("curl", ["-sS", "-d", "x=1", `https://${host}/curl`], { env })).stdout).toBe("POST /curl true");
  await expect(exec("curl", ["-sS", `https://${host}/`], { env: { ...env, https_proxy: env["https_proxy"]?.replace("in-the-bottle", "wrong") ?? "", HTTPS_PROXY: "" } }))
    .rejects.toMatchObject({ stderr: expect.stringContaining("response 407") as string });
});

test("Node's own fetch", async () => {
  const script = `for (const url of ["https://${host}/node", "https://evil.test/"]) console.log(await fetch(url, { method: "POST", body: "x" }).then((r) => r.text(), () => "refused"))`;
  expect((await exec(process.execPath, ["--input-type=module", "-e", script], { env })).stdout).toBe("POST /node true\nrefused\n");
});

test("Python's urllib", async () => {
  const script = `import urllib.request\nprint(urllib.request.urlopen("https://${host}/urllib", data=b"x").read().decode())\ntry: urllib.request.urlopen("https://evil.test/")\nexcept OSError as error: print(error)`;
  expect((await exec("python3", ["-c", script], { env })).stdout).toMatch(/^POST \/urllib true\n<urlopen error Tunnel connection failed: 403 Forbidden>\n$/);
});

// No part of Python; CI, where nothing may be missing, has it.
const hasRequests = process.env["CI"] !== undefined || spawnSync("python3", ["-c", "import requests"]).status === 0;
test.skipIf(!hasRequests)("Python's requests", async () => {
  const script = `import requests\nprint(requests.post("https://${host}/requests", data=b"x").text)\nr = requests.get("http://evil.test/")\nprint(r.status_code, r.json()["reason"])`;
  expect((await exec("python3", ["-c", script], { env })).stdout).toBe("POST /requests true\n403 no-route\n");
});

test("git clones and fetches, and cannot push", async () => {
  const git = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    exec("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", ...args], { env, cwd: folder.path });
  await git("init", "-q", "--bare", "repo.git");
  await git("clone", "-q", "repo.git", "seed");
  await writeFile(folder.file("seed/file"), "x".repeat(200_000));
  await git("-C", "seed", "add", "file");
  await git("-C", "seed", "commit", "-q", "-m", "one");
  await git("-C", "seed", "push", "-q", "origin", "HEAD:main");
  await git("clone", "-q", "-b", "main", `https://${host}/repo.git`, "copy");
  await git("-C", "seed", "commit", "-q", "--allow-empty", "-m", "two");
  await git("-C", "seed", "push", "-q", "origin", "HEAD:main");
  await git("-C", "copy", "pull", "-q");
  expect((await git("-C", "copy", "log", "--format=%s")).stdout).toBe("two\none\n");
  const before = upstream.requests.length;
  await expect(git("-C", "copy", "push", "origin", "main:other")).rejects.toMatchObject({ stderr: expect.stringMatching(/^remote: .*Push to the git gate[^]*403/) as string });
  expect(upstream.requests).toHaveLength(before);
});
