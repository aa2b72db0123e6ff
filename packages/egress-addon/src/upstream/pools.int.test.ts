import { expect, test } from "vitest";
import { checkLeaks } from "../testing/leaks.ts";
import { recordAnswer, type RecordedAnswer } from "../testing/recorded-answer.ts";
import { startScriptedServer } from "../testing/scripted-server.ts";
import { createPools, type UpstreamRequest, type Upstreams } from "./pools.ts";
import { createUpstreams } from "./select.ts";

checkLeaks();
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
const get = (host: string): UpstreamRequest => ({
  origin: { host, port: 80, secure: false }, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] },
});
const answered = startScriptedServer.bind(undefined, (socket, wire) => void (!wire.includes("Host: silent.test") && socket.write(ok)));

function send(upstreams: Upstreams, request: UpstreamRequest): RecordedAnswer {
  const answer = recordAnswer();
  upstreams.send(request, answer);
  return answer;
}

test("each origin has its own connections, and another scheme or port is another origin", async () => {
  await using server = await answered();
  const pools = createPools({ dial: server.dial, answerTimeoutMs: 5_000 });
  const { origin } = get("a.test");
  for (const other of [origin, { ...origin, port: 81 }, { ...origin, secure: true }, { ...origin, host: "b.test" }, origin]) {
    expect(await send(pools, { ...get("a.test"), origin: other }).outcome).toBe("200 fine");
  }
  expect(server.wires.map((wire) => /Host: (.*)\r\n/.exec(wire)?.[1])).toEqual(["a.test", "a.test:81", "a.test:80", "b.test"]);
  await pools[Symbol.asyncDispose]();
});

test("over capacity the origin that was used longest ago is let go, and what is under way there goes on until a cut", async () => {
  await using server = await answered();
  const pools = createPools({ dial: server.dial, answerTimeoutMs: 5_000, capacity: 2 });
  const pending = send(pools, get("silent.test"));
  await expect.poll(() => server.sockets.size).toBe(1);
  for (const host of ["a.test", "b.test", "c.test"]) await send(pools, get(host)).outcome;
  await expect.poll(() => server.sockets.size).toBe(3);
  expect(pending.told).toEqual(["begin"]);
  pools.cut();
  expect(await pending.outcome).toBe("upstream-broken");
  await expect.poll(() => server.sockets.size).toBe(0);
  expect(await send(pools, get("a.test")).outcome).toBe("200 fine");
  await pools[Symbol.asyncDispose]();
});

test("disposing closes every connection before it is done, also those of origins that were let go", async () => {
  await using server = await answered();
  const sockets: { readonly destroyed: boolean }[] = [];
  const dial: typeof server.dial = async (origin) => {
    const socket = await server.dial(origin);
    sockets.push(socket);
    return socket;
  };
  const pools = createPools({ dial, answerTimeoutMs: 5_000, capacity: 1 });
  const pending = send(pools, get("silent.test"));
  await expect.poll(() => server.sockets.size).toBe(1);
  await send(pools, get("a.test")).outcome;
  await pools[Symbol.asyncDispose]();
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  expect(await pending.outcome).toBe("upstream-broken");
});

test("a connection opened for HTTP/2 whose upstream chose HTTP/1.1 carries the request, unless it spoke before it was asked", async () => {
  for (const isTalkative of [false, true]) {
    await using server = await startScriptedServer((socket) => void socket.write(ok), (socket, number) => void (isTalkative && number === 0 && socket.write(ok.replace("fine", "evil"))));
    const dial: typeof server.dial = async (origin, protocols) => {
      const socket = await server.dial(origin, protocols);
      // Until what it says has come.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return socket;
    };
    const upstreams = createUpstreams({ dial, answerTimeoutMs: 5_000 });
    const request = { ...get("a.test"), origin: { host: "a.test", port: 443, secure: true }, http2: { acceptsTrailers: false } };
    expect(await send(upstreams, request).outcome).toBe("200 fine");
    expect(server.wires.map((wire) => wire === "")).toEqual(isTalkative ? [true, false] : [false]);
    await upstreams[Symbol.asyncDispose]();
  }
});
