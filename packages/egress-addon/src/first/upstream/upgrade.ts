import { request as startHttp, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { pairs, type RawHeaders } from "../credential.ts";
import { endToEnd } from "../headers.ts";
import { redactText } from "../redact.ts";

/** How an upgrade ended: with a refusal of the upstream that was relayed, or when the joined sockets closed. */
export interface Upgraded {
  readonly status: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/**
 * Carries a WebSocket handshake to the upstream and, if it agrees, joins the two sockets as they are: extensions,
 * subprotocols and backpressure stay the business of the two ends. A refusal is relayed as it came.
 * @throws whatever kept the upstream from answering
 */
export function upgrade(options: {
  readonly upstream: Socket;
  readonly client: Socket;
  readonly head: Buffer;
  readonly request: IncomingMessage;
  readonly headers: RawHeaders;
  readonly target: string;
  readonly secrets: readonly string[];
}): Promise<Upgraded> {
  const { upstream, client, head, request, headers, target, secrets } = options;
  return new Promise((resolve, reject) => {
    const outgoing = startHttp({
      method: request.method, path: target, createConnection: () => upstream, setHost: false,
      headers: [...headers, "Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? "websocket"],
    });
    client.once("close", () => upstream.destroy());
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      client.write(responseHead(answer, endToEnd(answer.rawHeaders), secrets, "connection: close\r\n"));
      answer.pipe(client);
      answer.once("close", () => resolve({ status: answer.statusCode ?? 0, bytesOut: 0, bytesIn: 0 }));
    });
    outgoing.once("upgrade", (answer, joined: Socket, rest: Buffer) => {
      client.write(responseHead(answer, endToEnd(answer.rawHeaders), secrets, `connection: Upgrade\r\nupgrade: ${answer.headers.upgrade ?? "websocket"}\r\n`));
      if (rest.length > 0) client.write(rest);
      if (head.length > 0) joined.write(head);
      joined.on("error", () => client.destroy());
      client.on("error", () => joined.destroy());
      joined.pipe(client);
      client.pipe(joined);
      const startOut = joined.bytesWritten;
      const startIn = joined.bytesRead;
      joined.once("close", () => {
        client.destroySoon();
        resolve({ status: 101, bytesOut: joined.bytesWritten - startOut, bytesIn: joined.bytesRead - startIn });
      });
    });
    outgoing.end();
  });
}

function responseHead(answer: IncomingMessage, headers: RawHeaders, secrets: readonly string[], own: string): string {
  const lines = pairs(headers).map(([name, value]) => `${name}: ${redactText(value, secrets)}\r\n`).join("");
  return `HTTP/1.1 ${answer.statusCode ?? 502} ${(answer.statusMessage ?? "").replace(/[^\t\x20-\x7e]/g, "")}\r\n${lines}${own}\r\n`;
}
