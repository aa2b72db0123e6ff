import type { IncomingMessage, ServerResponse } from "node:http";
import type { ControlAnswer, Operated } from "./operated.ts";
import { expositionType } from "./exposition.ts";

/** An answer, whole. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const orders = ["reload", "freeze", "thaw"] as const;

/** Answers the operator's requests. @param options.hasControl whether orders are taken here */
export function createPages(operated: Operated, options: { readonly hasControl: boolean; readonly host: string }): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.resume();
    const answered = isOwnName(request.headers.host, options.host) ? route(request, operated, options.hasControl)
      : Promise.resolve(text(421, "This Host is not one of the operator's listener. Use localhost.\n"));
    void answered.catch((): Page => text(500, "The request failed.\n")).then((page) => send(request, response, page));
  };
}

async function route(request: IncomingMessage, operated: Operated, hasControl: boolean): Promise<Page> {
  const path = (request.url ?? "").replace(/\?.*$/s, "");
  const isRead = request.method === "GET" || request.method === "HEAD";
  const order = orders.find((name) => path === `/control/${name}`);
  if (path.startsWith("/control/") && !hasControl) return text(403, "Orders are taken on the control socket alone: operator.control.\n");
  if (order !== undefined) return request.method === "POST" ? json(await operated[order]("control")) : { ...text(405, "Use POST.\n"), allow: "POST" };
  const page = pages[path];
  if (page === undefined || (path === "/control/status" && !hasControl)) return text(404, "There are /metrics, /healthz, /readyz.\n");
  return isRead ? page(operated) : { ...text(405, "Use GET.\n"), allow: "GET, HEAD" };
}

const pages: Readonly<Record<string, (operated: Operated) => Page>> = {
  "/metrics": (operated) => ({ status: 200, type: expositionType, body: operated.metrics() }),
  "/healthz": () => text(200, "ok\n"),
  "/readyz": (operated) => {
    const problem = operated.notReady();
    return problem === undefined ? text(200, "ready\n") : text(503, `${problem}\n`);
  },
  "/control/status": (operated) => json({ ok: true, ...operated.status() }),
};

function text(status: number, body: string): Page {
  return { status, type: "text/plain; charset=utf-8", body };
}

function json(answer: ControlAnswer): Page {
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
