import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConnectProxy, startTinyproxy } from "@bottle/way-out/testing";
import { expect, test } from "vitest";
import { type GateRig, must, startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { makeCertificate, startSite } from "../testing/start-site.ts";

checkLeaks();
const credential = { username: "corp", password: "hop-password-0123" };
const gitleaks = { use: "off" } as const;
const authorization = `Proxy-Authorization: Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}\r\n`;

async function pushOne(rig: GateRig, work: string): Promise<{ readonly code: number; readonly err: string }> {
  await rig.commit(work, { "a.txt": "a\n" });
  return rig.git(work, "push", "origin", "HEAD:one");
}

test("where a proxy is the only way out, a clone and a push over SSH reach an upstream whose name the proxy alone knows", async () => {
  const known: { rig?: GateRig } = {};
  // What nobody resolves here; the proxy answers and the upstream greets in one piece now and then, as it comes.
  await using proxy = await startConnectProxy((authority) => authority === "git.example.com:22" ? { port: known.rig?.sshd.port ?? 0 } : undefined);
  await using inner = await startGateRig({ gate: { gitleaks } });
  known.rig = inner;
  await using rig = await startGateRig({
    repository: { upstream: `ssh://${inner.sshd.user}@git.example.com${inner.upstream}`, identityFile: inner.sshd.identityFile, knownHostKey: inner.sshd.hostKey },
    gate: { gitleaks, via: { proxy: `http://127.0.0.1:${proxy.port}`, credential } },
  });
  const work = await rig.clone("work");
  expect(await pushOne(rig, work)).toMatchObject({ code: 0 });
  expect(await inner.upstreamRef("refs/heads/one")).toMatch(/^[0-9a-f]{40}$/);
  expect(new Set(proxy.heads)).toEqual(new Set([`CONNECT git.example.com:22 HTTP/1.1\r\nHost: git.example.com:22\r\n${authorization}\r\n`]));
});

test("a real tinyproxy takes a push through with the right login, and with a wrong one nothing goes out, which is said", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-proxy-"));
  try {
    await using proxy = await startTinyproxy(folder, credential);
    const via = { proxy: `http://127.0.0.1:${proxy.port}`, credential };
    await using right = await startGateRig({ gate: { gitleaks, via } });
    expect(await pushOne(right, await right.clone("work"))).toMatchObject({ code: 0 });
    expect(await right.upstreamRef("refs/heads/one")).toMatch(/^[0-9a-f]{40}$/);
    await using wrong = await startGateRig({ gate: { gitleaks, via: { ...via, credential: { ...credential, password: "wrong" } } } });
    const { code, err } = await wrong.git(wrong.folder, "clone", wrong.url, "work");
    expect(code).not.toBe(0);
    expect(err).toContain(`The proxy that upstreams are reached through (upstream_proxy) refused 127.0.0.1:${wrong.sshd.port}.`);
    expect(wrong.events.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(["deny upstream-unreachable"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("an upstream over HTTPS is fetched through the proxy, and believed by the proxy's CA beside the usual ones", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-gate-proxy-"));
  try {
    const caFile = await makeCertificate(folder, "git.example.com");
    const served: { folder?: string } = {};
    await using site = await startSite(folder, async (url) => {
      const body = await readFile(join(served.folder ?? "", url.replace(/^\/app\.git/, "").replace(/\?.*$/, ""))).catch(() => undefined);
      return body && { body };
    });
    await using proxy = await startConnectProxy((authority) => authority === "git.example.com:443" ? { port: site.port } : undefined);
    await using rig = await startGateRig({
      repository: { upstream: "https://git.example.com/app.git", identityFile: undefined, knownHostKey: undefined },
      gate: { gitleaks, via: { proxy: `http://127.0.0.1:${proxy.port}`, caCertificates: [await readFile(caFile, "utf8")] } },
    });
    served.folder = rig.upstream;
    await must(rig.git(rig.upstream, "update-server-info"));
    const work = await rig.clone("work");
    expect(await readFile(join(work, "README.md"), "utf8")).toBe("An app.\n");
    expect(new Set(proxy.heads)).toEqual(new Set(["CONNECT git.example.com:443 HTTP/1.1\r\nHost: git.example.com:443\r\n\r\n"]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
