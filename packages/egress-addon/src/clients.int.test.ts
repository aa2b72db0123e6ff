import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { allowed, type Rig, secret, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const run = promisify(execFile);
const login = { username: "bottle", password: "inside" };
let upstream: Upstream;
let rig: Rig;
let env: Record<string, string>;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (request, response) => {
    if (request.url?.startsWith("/repo.git/")) response.writeHead(404).end();
    else request.resume().once("end", () => response.end(`${request.method} ${request.url} ${request.headers.authorization === `Bearer ${secret}`}`));
  });
  rig = await startRig(upstream, { proxyCredential: login });
  const proxy = `http://${login.username}:${login.password}@127.0.0.1:${rig.port}`;
  env = {
    PATH: process.env["PATH"] ?? "", HOME: rig.directory, http_proxy: proxy, https_proxy: proxy, HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: rig.caFile, SSL_CERT_FILE: rig.caFile, CURL_CA_BUNDLE: rig.caFile, GIT_SSL_CAINFO: rig.caFile, GIT_TERMINAL_PROMPT: "0",
  };
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});
beforeEach(() => void upstream.requests.splice(0));

test("curl gets its answer, and a readable refusal", async () => {
  expect((await run("curl", ["-sS", "-d", "x=1", `https://${allowed}/curl?a=b`], { env })).stdout).toBe("POST /curl?a=b true");
  const refused = await run("curl", ["-sS", "-i", `http://evil.test/`], { env });
  expect(refused.stdout).toContain("x-bottle-block-reason: no-route");
  await expect(run("curl", ["-sS", "https://evil.test/"], { env })).rejects.toMatchObject({ stderr: expect.stringContaining("CONNECT tunnel failed, response 403") });
  await expect(run("curl", ["-sS", "-f", "--noproxy", "*", "--max-time", "2", `https://${allowed}/`], { env })).rejects.toThrow();
});

test("curl asks for a body to be wanted before it sends a large one", async () => {
  const { stdout } = await run("sh", ["-c", `head -c 3000000 /dev/zero | curl -sS -T - -H 'Expect: 100-continue' https://${allowed}/up`], { env });
  expect(stdout).toBe("PUT /up true");
});

test("Node's own fetch gets its answer", async () => {
  const script = `for (const url of ["https://${allowed}/node", "https://evil.test/"]) console.log(await fetch(url, { method: "POST", body: "x" }).then((r) => r.text(), (e) => "refused"))`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { env });
  expect(stdout).toBe("POST /node true\nrefused\n");
});

test("curl speaks HTTP/2 in its tunnel, to an upstream that does not", async () => {
  const { stdout } = await run("curl", ["-sS", "--http2", "-w", " %{http_version}", "-d", "x=1", `https://${allowed}/two`], { env });
  expect(stdout).toBe("POST /two true 2");
});

test.each(["ProxyAgent", "ProxyAgent-h2", "EnvHttpProxyAgent"])("undici's %s gets its answers, also several at once, and is refused what no route allows", async (agent) => {
  const client = fileURLToPath(new URL("testing/undici-client.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--no-warnings", client, agent, allowed], { env });
  expect(stdout).toBe(`POST /0 true refused\n${Array.from({ length: 20 }, (_, index) => `POST /${index} true`).join()}\n`);
});

test("Python verifies strictly and gets its answer", async () => {
  const script = `
import ssl, urllib.request
context = ssl.create_default_context(cafile="${rig.caFile}")
context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
print(opener.open("https://${allowed}/python", data=b"x").read().decode())
try:
    opener.open("https://evil.test/")
except OSError as error:
    print(error)`;
  expect((await run("python3", ["-c", script], { env })).stdout).toMatch(/^POST \/python true\n<urlopen error Tunnel connection failed: 403 Forbidden>\n$/);
});

test("git may read over HTTPS, and is refused a push before anything leaves", async () => {
  const repo = join(rig.directory, "repo");
  await mkdir(repo);
  const git = (...args: string[]): Promise<{ stdout: string; stderr: string }> => run("git", ["-C", repo, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { env });
  await git("init", "-q", "-b", "main");
  await git("commit", "-q", "--allow-empty", "-m", "x");
  await expect(git("ls-remote", `https://${allowed}/repo.git`)).rejects.toMatchObject({ stderr: expect.stringContaining("not found") });
  expect(upstream.requests.map(({ url }) => url)).toEqual(["/repo.git/info/refs?service=git-upload-pack"]);
  upstream.requests.splice(0);
  await expect(git("push", `https://${allowed}/repo.git`, "main")).rejects.toMatchObject({ stderr: expect.stringContaining("403") });
  expect(upstream.requests).toEqual([]);
});
