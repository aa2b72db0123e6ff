import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createWebhook, webhookAddress } from "./webhook.ts";

const notice = { identity: "dev-aaaaa", proposals: [{ id: "p-4k2x9a1b", kind: "egress" }] } as const;
const times = { timeoutMs: 300, pauseMs: 10 };

/** A server of somebody's chat; what it was sent. */
async function serving(answer: (response: ServerResponse, count: number) => void): Promise<AsyncDisposable & { readonly url: URL; readonly asked: { readonly method: string | undefined; readonly body: string }[] }> {
  const asked: { readonly method: string | undefined; readonly body: string }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    asked.push({ method: request.method, body: await text(request) });
    answer(response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const send = (url: URL): Promise<void> => createWebhook(url, times).send(notice, new AbortController().signal);

test("a notice is posted as JSON, with the sentence chat services show", async () => {
  await using hook = await serving((response) => response.end("ok"));
  await send(hook.url);
  expect(hook.asked.map(({ method, body }) => [method, JSON.parse(body)])).toEqual([["POST", { text: "dev-aaaaa asks for a route: bottle proposals show p-4k2x9a1b", ...notice }]]);
});

test.each<readonly [string, (response: ServerResponse) => void]>([
  ["a fault", (response) => response.writeHead(500).end()], ["no answer", () => undefined], ["a broken connection", (response) => response.destroy()],
  ["a redirect", (response) => response.writeHead(307, { location: "/elsewhere" }).end()],
])("%s is tried once more, and then given up", async (_, answer) => {
  await using hook = await serving(answer);
  await expect(send(hook.url)).rejects.toThrow();
  expect(hook.asked).toHaveLength(2);
});

test("what worked the second time was told", async () => {
  await using hook = await serving((response, count) => response.writeHead(count === 1 ? 503 : 204).end());
  await send(hook.url);
  expect(hook.asked).toHaveLength(2);
});

test("only http and https are addresses", () => {
  expect(webhookAddress("https://chat.example.com/x?y=z")?.host).toBe("chat.example.com");
  for (const other of ["", "chat.example.com", "file:///etc/passwd", "data:,x", "javascript:1"]) expect(webhookAddress(other)).toBeUndefined();
});
