import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, say } from "./testing/raw-client.ts";
import { allowed, startRig } from "./testing/rig.ts";
import { startRawUpstream, startUpstream } from "./testing/upstream.ts";

checkLeaks();
const reasonOf = (text: string): string => `${text.slice(9, 12)} ${/"reason":"([a-z-]+)"/.exec(text)?.[1] ?? text}`;
// What Node says of a failure: addresses, codes, certificate names.
const internals = /127\.0\.0\.1|::1|ECONN|ENOTFOUND|EAI_|ERR_|CERT|certificate's|stack|undici|node:/;

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("an upstream that refuses connections gives 502 and tells nothing of the inside", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { hosts: { [allowed]: `127.0.0.1:${await closedPort()}` } });
  const text = await getOnce(rig, allowed);
  expect(reasonOf(text)).toBe("502 upstream-unreachable");
  expect(text).not.toMatch(internals);
  expect(rig.events[0]).toMatchObject({ decision: "allow", layer: "upstream", reason: "upstream-unreachable", status: 502 });
});

test("a POST that cannot be delivered still gets its answer", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { hosts: { [allowed]: `127.0.0.1:${await closedPort()}` } });
  const socket = await openTls(rig, `${allowed}:443`);
  expect(reasonOf((await say(socket, `POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 3\r\n\r\nabc`, { until: /\}\n/ })).text)).toBe("502 upstream-unreachable");
  socket.destroy();
});

test("an upstream whose certificate is not trusted, or is another host's, gets no request", async () => {
  await using upstream = await startUpstream("someone-else.test", (_request, response) => response.end());
  for (const upstreamCas of [[], [upstream.caCertificate]]) {
    await using rig = await startRig(upstream, { upstreamCas });
    const text = await getOnce(rig, allowed);
    expect(reasonOf(text)).toBe("502 upstream-untrusted");
    expect(text).not.toMatch(/someone-else|127\.0\.0\.1|ERR_/);
  }
  expect(upstream.requests).toEqual([]);
});

test("certificates are checked even where the environment tells Node not to", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { upstreamCas: [] });
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    expect(reasonOf(await getOnce(rig, allowed))).toBe("502 upstream-untrusted");
  } finally {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  }
  expect(upstream.requests).toEqual([]);
});

test("an upstream that is no TLS server gives 502", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { hosts: { [allowed]: upstream.plainAddress } });
  expect(reasonOf(await getOnce(rig, allowed))).toMatch(/^502 upstream-(?:broken|untrusted)$/);
});

test("an upstream that accepts and says nothing is given up, before and after TLS", async () => {
  await using silent = await startRawUpstream(allowed, () => {});
  await using late = await startRig(silent, { timeouts: { answerMs: 300 } });
  expect(reasonOf(await getOnce(late, allowed))).toBe("504 upstream-timeout");
  await using stuck = await startRig(silent, { hosts: { [allowed]: silent.plainAddress }, timeouts: { connectMs: 300 } });
  expect(reasonOf(await getOnce(stuck, allowed))).toBe("504 upstream-timeout");
});

test("a name that does not exist gives 502", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { routes: [{ host: "does-not-exist.invalid" }], hosts: {} });
  expect(reasonOf(await getOnce(rig, "does-not-exist.invalid"))).toBe("502 name-not-found");
});

test("a route to a private address leads nowhere, unless the operator allowed that address", async () => {
  await using upstream = await startUpstream("localhost", (_request, response) => response.end("inside"));
  const port = Number(upstream.address.split(":")[1]);
  const routes = [{ host: "localhost", ports: [port] }, { host: "127.0.0.1", ports: [port] }];
  const ask = async (rig: Parameters<typeof openTls>[0], host: string): Promise<string> => {
    const socket = await openTls(rig, `${host}:${port}`, host === "localhost" ? host : "");
    const { text } = await say(socket, `GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
    socket.destroy();
    return text;
  };
  await using closed = await startRig(upstream, { routes, hosts: {} });
  for (const host of ["localhost", "127.0.0.1"]) expect(reasonOf(await ask(closed, host))).toBe("403 address-forbidden");
  expect(upstream.sockets.size).toBe(0);
  await using open = await startRig(upstream, { routes, hosts: {}, allowPrivate: [{ host: "localhost", port, cidr: "127.0.0.0/8" }, { host: "localhost", port, cidr: "::1" }] });
  expect(await ask(open, "localhost")).toMatch(/inside$/);
  expect(reasonOf(await ask(open, "127.0.0.1"))).toBe("403 address-forbidden");
});

test("the proxy cannot be reached through itself, even where the operator wrote its address", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { routes: [{ host: allowed }], hosts: { [allowed]: "127.0.0.1" } });
  rig.proxy.reload({ routes: [{ host: allowed, ports: [rig.port] }] });
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `GET http://${allowed}:${rig.port}/ HTTP/1.1\r\nHost: ${allowed}:${rig.port}\r\n\r\n`, { until: /\}\n/ });
  expect(reasonOf(text)).toBe("403 own-listener");
  socket.destroy();
});

test("an upstream that closes idle connections does not fail the next request", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => {
    response.end("fine");
    setTimeout(() => response.req.socket.destroy(), 20);
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  for (let round = 0; round < 5; round += 1) {
    expect((await say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /fine/ })).text).toContain("200 OK");
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  socket.destroy();
});
