import { Agent, request } from "node:http";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls } from "./testing/raw-client.ts";
import { allowed, secret, startRig } from "./testing/rig.ts";
import { startUpstream } from "./testing/upstream.ts";

checkLeaks();
const connections = 64;
const requests = 10_000;

interface Given {
  readonly status: number;
  readonly id: string;
  readonly body: string;
}

/** One request with its id in path, header and body. */
async function ask(agent: Agent, id: string): Promise<Given> {
  const { promise, resolve, reject } = Promise.withResolvers<Given>();
  const asking = request({ agent, method: "POST", path: `/${id}`, headers: { host: allowed, "x-id": id, "content-type": "text/plain" } }, (response) => {
    let body = "";
    response.on("data", (chunk: Buffer) => void (body += chunk.toString())).once("error", reject);
    response.once("end", () => resolve({ status: response.statusCode ?? 0, id: String(response.headers["x-id"]), body }));
  });
  // An agent hands out its one socket, also a dead one, and would never tell.
  asking.once("socket", (socket) => socket.destroyed && reject(new Error("The connection is gone.")));
  asking.once("error", reject).end(`body of ${id}`);
  return promise;
}

test("ten thousand requests over sixty-four connections, all searched for secrets: none is lost, and none gets another's answer", async () => {
  const arrived = new Map<string, number>();
  await using upstream = await startUpstream(allowed, (incoming, response) => {
    let body = "";
    incoming.on("data", (chunk: Buffer) => void (body += chunk.toString())).once("end", () => {
      const id = String(incoming.headers["x-id"]);
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      const isSame = incoming.url === `/${id}` && body === `body of ${id}` && incoming.headers.authorization === `Bearer ${secret}`;
      response.writeHead(200, { "x-id": id }).end(isSame ? `answer to ${id}` : "mixed up");
    });
    upstream.requests.length = 0;
  });
  await using rig = await startRig(upstream, { secrets: [{ name: "OTHER", value: "another-secret-0123456789" }], timeouts: { connectMs: 60_000 } });
  const wrong: Given[] = [];
  let asked = 0;
  await Promise.all(Array.from({ length: connections }, async () => {
    const socket = await openTls(rig, `${allowed}:443`);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => socket;
    while (asked < requests) {
      const id = `r${asked}`;
      asked += 1;
      const given = await ask(agent, id);
      if (given.status !== 200 || given.id !== id || given.body !== `answer to ${id}`) wrong.push(given);
    }
    agent.destroy();
    socket.destroy();
  }));
  expect(wrong).toEqual([]);
  expect(arrived.size).toBe(requests);
  expect([...arrived.values()].every((times) => times === 1)).toBe(true);
  await expect.poll(() => rig.proxy.stats()).toMatchObject({ allowed: requests, denied: 0, connections: 0, active: 0 });
}, 300_000);
