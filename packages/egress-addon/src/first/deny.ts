import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A refusal as clients see it. */
export interface Refusal {
  readonly status: number;
  readonly layer: string;
  readonly reason: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly retry: "ask" | "later" | "never";
}

const sentences: Readonly<Record<string, string>> = {
  "no-route": "No route leads to this host.",
  "port-not-allowed": "The route to this host does not name this port.",
  "method-not-allowed": "The route to this host does not name this method.",
  "path-not-allowed": "No route to this host allows this path.",
  "ambiguous-path": "Servers would read this path in different ways, so it is refused.",
  "git-push": "git push over HTTPS is refused. Push to the upstream the bottle declares under `git`: only the gate may push.",
  "credential-needs-tls": "This route carries a credential and is only for https.",
  "credential-unavailable": "The credential of this route is not available to the egress. The operator has to provide it.",
  "authority-mismatch": "CONNECT, TLS server name and Host must name the same host and port.",
  "address-refused": "This host leads to a private or special address, which a bottle must not reach.",
  "bad-request": "This is not a request the proxy takes.",
  "transfer-encoding": "Only chunked is taken as transfer encoding.",
  "proxy-credential": "The proxy asks for the bottle's own credential.",
  "upstream-unreachable": "The upstream did not answer.",
  "upstream-encoding": "The upstream compressed an answer that was asked for plain, so it could not be searched for the credential.",
  frozen: "The operator has frozen this bottle's network.",
};

/** The body and headers of a refusal: for people, for programs and for models. */
export function refusalParts(refusal: Refusal, howToAsk: string): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const { layer, reason, host, method, path, retry } = refusal;
  const body = `${JSON.stringify({ error: "refused by the bottle's egress", layer, reason, message: sentences[reason] ?? reason, host, method, path, retry,
    how_to_ask: retry === "ask" ? howToAsk : "This cannot be asked for." })}\n`;
  return {
    body,
    headers: {
      "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), "cache-control": "no-store",
      "x-bottle-block-reason": reason,
      ...(refusal.status === 407 && { "proxy-authenticate": `Basic realm="bottle"` }),
    },
  };
}

const statusTexts: Readonly<Record<number, string>> = {
  400: "Bad Request", 403: "Forbidden", 407: "Proxy Authentication Required", 421: "Misdirected Request", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
};

/** Answers a request with a refusal; a response under way is cut instead. */
export function sendRefusal(response: ServerResponse, refusal: Refusal, howToAsk: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { headers, body } = refusalParts(refusal, howToAsk);
  // The rest of the request is not read, so the connection can't be used again.
  response.writeHead(refusal.status, { ...headers, connection: "close" }).end(body, () => response.req.destroy());
}

/** The same on a raw socket, for CONNECT and upgrades. */
export function writeRefusal(socket: Socket, refusal: Refusal, howToAsk: string): void {
  const { headers, body } = refusalParts(refusal, howToAsk);
  const lines = Object.entries({ ...headers, connection: "close" }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(`HTTP/1.1 ${refusal.status} ${statusTexts[refusal.status] ?? "Refused"}\r\n${lines}\r\n${body}`, () => socket.destroySoon());
}
