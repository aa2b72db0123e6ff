import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { allowed, secret, startRig } from "./testing/rig.ts";
import { ask, openSession } from "./testing/session-client.ts";
import { startUpstream } from "./testing/upstream.ts";

checkLeaks();

test("a request over HTTP/2 passes the same gate, to an upstream that speaks HTTP/1.1 alone", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    request.resume().once("end", () => response.end(`${request.method} ${request.url} ${request.headers.host} ${request.headers.authorization === `Bearer ${secret}`}`));
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/ok/**"], auth: { scheme: "bearer", tokenRef: "TOKEN" } }] });
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session, { ":path": "/ok/a?b" })).toMatchObject({ status: 200, body: `GET /ok/a?b ${allowed} true`, code: 0 });
  expect(await ask(session, { ":path": "/ok/up", ":method": "POST", "authorization": "Bearer agent's" }, "x".repeat(300_000))).toMatchObject({ status: 200, body: `POST /ok/up ${allowed} true` });
  const refused = await ask(session, { ":path": "/no" });
  expect(refused).toMatchObject({ status: 403, code: 0, headers: { "x-bottle-block-reason": "path-not-allowed" } });
  expect(JSON.parse(refused.body)).toMatchObject({ layer: "route", host: allowed, method: "GET", path: "/no" });
  expect(rig.events).toMatchObject([{ decision: "allow", status: 200 }, { decision: "allow", bytesOut: 300_000 }, { decision: "deny", reason: "path-not-allowed", status: 403 }]);
  session.close();
});
