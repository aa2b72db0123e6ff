import type { IncomingMessage, ServerResponse } from "node:http";
import type { Orders } from "./model.ts";

/** An answer, whole. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const orderNames = ["reload", "freeze", "thaw"] as const;

/** What the operator is shown. */
export interface PageOptions {
  readonly orders: Orders<object>;
  /** Pages besides health, by path. */
  readonly more?: Readonly<Record<string, () => Page>>;
  /** Whether orders are taken here. */
  readonly hasControl: boolean;
  /** The listener's own name. */
  readonly host: string;
}

/** Answers the operator's requests. */
export function createPages(options: PageOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const shown = { ...options.more, ...health(options.orders) };
  return (request, response) => {
    request.resume();
    const answered = isOwnName(request.headers.host, options.host) ? route(request, options, shown)
      : Promise.resolve(text(421, "This Host is not one of the operator's listener. Use localhost.\n"));
    void answered.catch((): Page => text(500, "The request failed.\n")).then((page) => send(request, response, page));
  };
}

async function route(request: IncomingMessage, { orders: operated, hasControl }: PageOptions, shown: Readonly<Record<string, () => Page>>): Promise<Page> {
  const path = (request.url ?? "").replace(/\?.*$/s, "");
  const isRead = request.method === "GET" || request.method === "HEAD";
  const order = orderNames.find((name) => path === `/control/${name}`);
  if (path.startsWith("/control/") && !hasControl) return text(403, "Orders are taken on the control socket alone: operator.control.\n");
  if (order !== undefined) return request.method === "POST" ? json(await operated[order]("control")) : { ...text(405, "Use POST.\n"), allow: "POST" };
  const page = path === "/control/status" ? (): Page => json({ ok: true, ...operated.status() }) : Object.hasOwn(shown, path) ? shown[path] : undefined;
  if (page === undefined) return text(404, `There are ${Object.keys(shown).join(", ")}.\n`);
  return isRead ? page() : { ...text(405, "Use GET.\n"), allow: "GET, HEAD" };
}

function health(orders: Orders<object>): Readonly<Record<string, () => Page>> {
  return {
    "/healthz": () => text(200, "ok\n"),
    "/readyz": () => {
      const problem = orders.notReady();
      return problem === undefined ? text(200, "ready\n") : text(503, `${problem}\n`);
    },
  };
}

function text(status: number, body: string): Page {
  return { status, type: "text/plain; charset=utf-8", body };
}

function json(answer: { readonly ok: boolean }): Page {
  return { status: answer.ok ? 200 : 409, type: "application/json", body: `${JSON.stringify(answer)}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body, allow }: Page): void {
  response.writeHead(status, {
    "content-type": type, "content-length": Buffer.byteLength(body), "cache-control": "no-store", "x-content-type-options": "nosniff",
    ...(allow !== undefined && { allow }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

// A page in the operator's browser can make any name lead here (DNS rebinding), but not one of these.
function isOwnName(given: string | undefined, host: string): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:[\]]+)(?::[0-9]{1,5})?$/i.exec(given ?? "")?.[1]?.replace(/^\[|\]$/g, "").toLowerCase();
  return name !== undefined && ["localhost", "127.0.0.1", "::1", host].includes(name);
}
