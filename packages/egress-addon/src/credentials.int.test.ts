import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { RouteAuth } from "./policy/model.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, say } from "./testing/raw-client.ts";
import { allowed, type Rig, secret, startRig } from "./testing/rig.ts";
import { startUpstream } from "./testing/upstream.ts";

checkLeaks();
const placeholders = "Authorization: Bearer placeholder\r\nauthorization: Bearer other\r\nX-Api-Key: placeholder\r\nx_api_key: placeholder\r\nProxy-Authorization: Basic cGxhY2U6aG9sZGVy\r\n";
const ask = async (rig: Rig, path = "/", headers = placeholders): Promise<string> => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, `GET ${path} HTTP/1.1\r\nHost: ${allowed}\r\n${headers}Connection: close\r\n\r\n`);
  socket.destroy();
  return text;
};

test.each<[RouteAuth, string, string]>([
  [{ scheme: "bearer", tokenRef: "T" }, "authorization", `Bearer ${secret}`],
  [{ scheme: "token", tokenRef: "T" }, "authorization", `token ${secret}`],
  [{ scheme: "basic", tokenRef: "T" }, "authorization", `Basic ${Buffer.from(`${secret}:`).toString("base64")}`],
  [{ scheme: "header", tokenRef: "T", name: "x-api-key" }, "x-api-key", secret],
])("%j: the upstream sees the credential once, and nothing of the agent's", async (auth, name, value) => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { routes: [{ host: allowed, auth }] });
  expect(await ask(rig)).toMatch(/fine$/);
  const raw = upstream.requests[0]?.rawHeaders ?? [];
  expect(raw.join("|")).not.toMatch(/placeholder|other|cGxhY2U|proxy-authorization/i);
  const found = raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name);
  expect(found).toEqual([value]);
  expect(rig.events[0]).toMatchObject({ decision: "allow", tokenRef: "T", status: 200 });
  expect(JSON.stringify(rig.events)).not.toContain(secret);
});

test("a query credential replaces the agent's and is in no event", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { routes: [{ host: allowed, auth: { scheme: "query", tokenRef: "T", name: "key" } }] });
  await ask(rig, "/a?key=mine&b=c&KEY=mine");
  expect(upstream.requests[0]?.url).toBe(`/a?b=c&key=${secret}`);
  expect(rig.events[0]).toMatchObject({ path: "/a" });
  expect(JSON.stringify(rig.events)).not.toMatch(new RegExp(`${secret}|mine`));
});

test("a host without a credential gets the agent's own headers", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  await ask(rig);
  expect(upstream.requests[0]?.rawHeaders.join("|")).toContain("Authorization|Bearer placeholder|authorization|Bearer other");
});

test.each([
  ["is missing", () => undefined, "credential-unavailable"], ["is empty", () => "", "credential-unavailable"],
  ["has a line break", () => `${secret}\r\nX-Evil: 1`, "credential-invalid"], ["cannot be read", () => { throw new Error("no"); }, "credential-unavailable"],
])("a route whose credential %s is refused, and nothing is sent", async (_, tokens, reason) => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { tokens });
  const text = await ask(rig);
  expect(text).toMatch(/^HTTP\/1\.1 403 /);
  expect(text).toContain(`"reason":"${reason}"`);
  expect(text).not.toContain(secret);
  expect(upstream.requests).toEqual([]);
});

test("a credential that appears later is used without a restart", async () => {
  const values: string[] = [];
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { tokens: () => values[0] });
  expect(await ask(rig)).toMatch(/^HTTP\/1\.1 403 /);
  values.push(secret);
  expect(await ask(rig)).toMatch(/^HTTP\/1\.1 200 /);
});

test("no credential goes out over plain http", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream, { hosts: { [allowed]: upstream.plainAddress } });
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `GET http://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /\}\n/ });
  expect(text).toContain("credential-needs-tls");
  expect(upstream.requests).toEqual([]);
  socket.destroy();
});

test("a reflected credential is hidden in header, status and body, wherever the chunks part", async () => {
  const basic = Buffer.from("someuser:some-password").toString("base64");
  await using upstream = await startUpstream(allowed, (request, response) => {
    const seen = request.headers.authorization ?? "";
    response.writeHead(200, `Saw ${basic}`, { "x-seen": seen, "content-length": String(2 * seen.length + 7 + "some-password".length) });
    response.write(`<${seen}>`);
    response.write(`<${seen.slice(0, 12)}`);
    setTimeout(() => response.write(seen.slice(12)), 30);
    setTimeout(() => response.end("><<some-password>"), 60).unref();
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed, auth: { scheme: "basic", tokenRef: "T" } }], tokens: () => "someuser:some-password" });
  const text = await ask(rig);
  const stars = "*".repeat(basic.length);
  expect(text).toContain(`<Basic ${stars}><Basic ${stars}><<${"*".repeat("some-password".length)}>`);
  expect(text).toMatch(/^HTTP\/1\.1 200 Saw \*+\r\n/);
  expect(text).not.toMatch(/some-password|c29tZXVz/);
});

test("an answer to a request with a credential is asked for uncompressed, and refused if it is not", async () => {
  let coding: string | undefined = "gzip";
  await using upstream = await startUpstream(allowed, (_request, response) => response.writeHead(200, coding ? { "content-encoding": coding } : {}).end(gzipSync(secret)));
  await using rig = await startRig(upstream);
  const text = await ask(rig, "/", "Accept-Encoding: gzip, br\r\n");
  expect(upstream.requests[0]?.headers["accept-encoding"]).toBe("identity");
  expect(text).toMatch(/^HTTP\/1\.1 502 [^]*"reason":"response-encoded"/);
  coding = undefined;
  expect(await ask(rig)).toMatch(/^HTTP\/1\.1 200 /);
});

test("a redirect is passed on, not followed", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.writeHead(302, { location: "https://evil.test/" }).end());
  await using rig = await startRig(upstream);
  expect(await getOnce(rig, allowed)).toMatch(/^HTTP\/1\.1 302 Found\r\nlocation: https:\/\/evil\.test\//);
  expect(upstream.requests.length).toBe(1);
});

test("a guess at the credential passes like any other text, so that the proxy does not tell how much of it was right", async () => {
  let release = (): void => {};
  await using upstream = await startUpstream(allowed, (request, response) => {
    response.write(`${"x".repeat(600)}${new URL(request.url ?? "", "http://a/").searchParams.get("guess") ?? ""}`);
    release = () => response.end("rest");
  });
  await using rig = await startRig(upstream);
  const first = async (guess: string): Promise<string> => {
    const socket = await openTls(rig, `${allowed}:443`);
    const { text } = await say(socket, `GET /?guess=${guess} HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { forMs: 300 });
    release();
    socket.destroy();
    return text.replace(/^[^]*?\r\n\r\n/, "").replaceAll(/[^x\r\n]/g, "?");
  };
  expect(await first(secret.slice(0, 10))).toBe(await first("z".repeat(10)));
});

test("a credential cannot be read in slices", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers.range)) ?? [];
    response.writeHead(from === undefined ? 200 : 206).end(secret.slice(Number(from ?? 0), Number(to ?? secret.length) + 1));
  });
  await using rig = await startRig(upstream);
  const text = await ask(rig, "/", "Range: bytes=3-9\r\nIf-Range: \"x\"\r\n");
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text).not.toContain(secret.slice(3, 10));
});

test("a credential is hidden in the name of a header, too", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.writeHead(200, { [secret]: "x", [`x-${secret}`]: "x" }).end());
  await using rig = await startRig(upstream);
  expect(await ask(rig)).not.toContain(secret);
});

test("an upstream cannot pass its answer off as the proxy's", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.writeHead(403, { "x-bottle-block-reason": "no-route", "X-Bottle-Anything": "x" }).end("{}"));
  await using rig = await startRig(upstream);
  expect(await ask(rig)).not.toMatch(/x-bottle/i);
});
