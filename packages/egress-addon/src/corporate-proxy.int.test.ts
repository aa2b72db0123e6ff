import { startTinyproxy } from "@bottle/way-out/testing";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTls, say } from "./testing/raw-client.ts";
import { type Rig, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const login = { username: "corp", password: "hop-password-0123" };
const reasonOf = (text: string): string => `${text.slice(9, 12)} ${/"reason":"([a-z-]+)"/.exec(text)?.[1] ?? text}`;

const portOf = (address: string): number => Number(address.split(":")[1]);
const open = (upstream: Upstream, via: Parameters<typeof startRig>[1] & object): Promise<Rig> => {
  const ports = [portOf(upstream.address), portOf(upstream.plainAddress)];
  return startRig(upstream, {
    hosts: {}, routes: [{ host: "localhost", ports }], allowPrivate: ports.map((port) => ({ host: "localhost", port, cidr: "127.0.0.0/8" })), ...via,
  });
};

test("a real corporate proxy is passed with the right login, for https and http, and refuses with a wrong one or none", async () => {
  await using upstream = await startUpstream("localhost", (request, response) => response.end(`via ${request.url}`));
  await using place = await startRig(upstream);
  await using proxy = await startTinyproxy(place.directory, login);
  const [secure, plain] = [portOf(upstream.address), portOf(upstream.plainAddress)];
  const get = async (rig: Rig): Promise<readonly string[]> => {
    const [tls, tcp] = [await openTls(rig, `localhost:${secure}`), await dialProxy(rig)];
    const texts = [
      await say(tls, `GET /tls HTTP/1.1\r\nHost: localhost:${secure}\r\nConnection: close\r\n\r\n`),
      await say(tcp, `GET http://localhost:${plain}/tcp HTTP/1.1\r\nHost: localhost:${plain}\r\nConnection: close\r\n\r\n`),
    ];
    tls.destroy();
    tcp.destroy();
    return texts.map(({ text }) => text);
  };
  const address = `http://127.0.0.1:${proxy.port}`;
  await using right = await open(upstream, { via: { proxy: address, credential: login } });
  expect(await get(right)).toEqual([expect.stringMatching(/ 200 [^]*via \/tls$/), expect.stringMatching(/ 200 [^]*via \/tcp$/)]);
  await using wrong = await open(upstream, { via: { proxy: address, credential: { ...login, password: "wrong" } } });
  await using none = await open(upstream, { via: { proxy: address } });
  for (const rig of [wrong, none]) {
    const texts = await get(rig);
    expect(texts.map(reasonOf)).toEqual(["502 hop-refused", "502 hop-refused"]);
    expect(texts.join("")).not.toMatch(/tinyproxy|proxy-authenticate/i);
  }
  expect(upstream.requests).toHaveLength(2);
});

test("an upstream that the corporate proxy cannot reach is told as unreachable", async () => {
  await using upstream = await startUpstream("localhost", (_request, response) => response.end());
  await using place = await startRig(upstream);
  await using proxy = await startTinyproxy(place.directory, login);
  await using rig = await startRig(upstream, { hosts: {}, routes: [{ host: "does-not-exist.invalid" }], via: { proxy: `http://127.0.0.1:${proxy.port}`, credential: login } });
  const socket = await openTls(rig, "does-not-exist.invalid:443");
  const { text } = await say(socket, "GET / HTTP/1.1\r\nHost: does-not-exist.invalid\r\nConnection: close\r\n\r\n");
  expect(reasonOf(text)).toMatch(/^50[24] upstream-(?:unreachable|timeout)$/);
  socket.destroy();
});
