import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { must, startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";

checkLeaks();
const run = promisify(execFile);

interface Site extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly string[];
}

/** A real HTTPS server that answers each request with what `answer` says: a place to go on to, or a file of a repository. */
async function startSite(folder: string, answer: (url: string) => { readonly location: string } | { readonly body: Buffer } | undefined): Promise<Site> {
  const asked: string[] = [];
  const [key, cert] = await Promise.all(["key.pem", "cert.pem"].map((name) => readFile(join(folder, name))));
  const server: Server = createServer({ key, cert }, ({ url = "" }, response) => {
    asked.push(url);
    const given = answer(url);
    if (given === undefined) response.writeHead(404).end();
    else if ("location" in given) response.writeHead(302, { location: given.location }).end();
    else response.writeHead(200, { "content-type": "text/plain" }).end(given.body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

test("an upstream over HTTPS that sends the gate on to another server is not followed, at its beginning or later", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-redirect-"));
  try {
    await run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
      "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")]);
    await using other = await startSite(folder, () => undefined);
    let leadsAway = true;
    // A bare repository served file by file, as git asks of a server that knows no better.
    await using site = await startSite(folder, (url) => leadsAway || url.includes("/objects/") ? { location: `https://localhost:${other.port}${url}` }
      : url.startsWith("/app.git/info/refs") ? { body: Buffer.from(`${"1".repeat(40)}\trefs/heads/main\n`) } : url === "/app.git/HEAD" ? { body: Buffer.from("ref: refs/heads/main\n") } : undefined);
    await using rig = await startGateRig({
      gate: { gitleaks: { use: "off" } },
      repository: { upstream: `https://localhost:${site.port}/app.git`, identityFile: undefined, knownHostKey: undefined, caFile: join(folder, "cert.pem") },
    });
    expect((await rig.git(rig.folder, "clone", rig.url, "first")).err).toContain("502");
    leadsAway = false;
    expect((await rig.git(rig.folder, "clone", rig.url, "second")).err).toContain("502");
    expect(site.asked.some((url) => url.includes("/objects/"))).toBe(true);
    expect(other.asked).toEqual([]);
    expect(rig.events.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(["deny upstream-unreachable", "deny upstream-unreachable"]);
    expect((await must(rig.git(join(rig.folder, "gate", "app.git"), "for-each-ref"))).out).toBe("");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
