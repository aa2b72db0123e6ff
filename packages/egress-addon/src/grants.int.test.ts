import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, say } from "./testing/raw-client.ts";
import { allowed, evil, secret, startRig } from "./testing/rig.ts";
import { outcome } from "./testing/scanned.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream(allowed, (_request, response) => void response.end("fine"), (_request, socket) => void socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
});
afterAll(() => upstream[Symbol.asyncDispose]());

const auth = { scheme: "bearer", tokenRef: "TOKEN" } as const;
const grant = { grant: "p-1", host: allowed };
const lastAuthorization = (): string | undefined => upstream.requests.at(-1)?.headers.authorization;

test("a credential goes where its own route leads, and nowhere by a grant for the same host", async () => {
  await using rig = await startRig(upstream, { policy: { routes: [{ host: allowed, auth, paths: ["/v1/**"] }], grants: [grant] } });
  expect(outcome(await getOnce(rig, allowed, "/v1/x"))).toBe("200");
  expect(lastAuthorization()).toBe(`Bearer ${secret}`);
  expect(outcome(await getOnce(rig, allowed, "/other"))).toBe("200");
  expect(lastAuthorization()).toBeUndefined();
  await expect.poll(() => rig.events.map(({ tokenRef, grant: by }) => [tokenRef, by])).toEqual([["TOKEN", undefined], [undefined, "p-1"]]);
});

test("a grant for one host is no way round what a wider route with a credential needs", async () => {
  const host = `x.api.${allowed}`;
  await using rig = await startRig(upstream, { policy: { routes: [{ host: `*.api.${allowed}`, auth }], grants: [{ grant: "p-1", host }] }, hosts: { [host]: upstream.plainAddress } });
  // Plain http, where the credential never goes: the grant is no way round that either.
  const socket = await dialProxy(rig);
  expect(outcome((await say(socket, `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).text)).toBe("403 credential-needs-tls");
  socket.destroy();
});

test("a grant is scanned whatever the manifest's route says, and says no to the manifest's limits, WebSockets and denials", async () => {
  const routes = [
    { host: allowed, paths: ["/open"], dlp: "off" as const, websocket: false, limits: { requestsPerMinute: 1 } },
    { host: allowed, paths: ["/never/**"], deny: true },
  ];
  await using rig = await startRig(upstream, { policy: { routes, grants: [grant] }, secrets: [{ name: "listed", value: "Qz7-listed-value" }] });
  expect(outcome(await getOnce(rig, allowed, "/open?q=Qz7-listed-value"))).toBe("200");
  expect(outcome(await getOnce(rig, allowed, "/open"))).toBe("429 limit-requests");
  expect(outcome(await getOnce(rig, allowed, "/else?q=Qz7-listed-value"))).toBe("403 secret-found");
  expect(outcome(await getOnce(rig, allowed, "/never/x"))).toBe("403 route-denied");
  const upgrade = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
  const socket = await openTls(rig, `${allowed}:443`);
  expect(outcome((await say(socket, upgrade("/open"))).text)).toBe("403 websocket-not-allowed");
  socket.destroy();
});

test("the program inside sees what is granted, and under which name", async () => {
  await using rig = await startRig(upstream, { policy: { routes: [{ host: evil }], grants: [{ ...grant, methods: ["GET"], limits: { requests: 3 } }] } });
  const socket = await dialProxy(rig);
  const { text } = await say(socket, "GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\nConnection: close\r\n\r\n");
  expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4))).toMatchObject({
    generation: 1, default: "deny", routes: [{ host: evil, credential: null }, { grant: "p-1", host: allowed, methods: ["GET"], credential: null, dlp: "block", limits: { requests: 3 } }],
  });
  socket.destroy();
});

test("a reload without a grant cuts its tunnels and no others", async () => {
  await using rig = await startRig(upstream, { policy: { routes: [{ host: evil }], grants: [grant] } });
  const [granted, own] = [await openTls(rig, `${allowed}:443`), await openTls(rig, `${evil}:443`)];
  const closed = once(granted, "close");
  rig.proxy.reload({ routes: [{ host: evil }], grants: [] });
  await closed;
  expect(own.destroyed).toBe(false);
  own.destroy();
});
