import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { EgressOptions } from "../options.ts";
import type { EgressRoute } from "../policy/model.ts";
import { openTls, say } from "./raw-client.ts";
import { allowed, type Rig, startRig } from "./rig.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** A value that the operator has listed, one that nobody has a use for, and one that only has the shape of a secret. */
export const listed = "Qz7-listed-value-93kd02";
export const canary = "canary-Tn4w8Lr2Vd6x";
export const shaped = ["gl", "pat-", "a8Kd03mXq27Zt9LwPb5v"].join("");

/** An upstream that keeps all that reaches it, as far as it came. */
export interface Seeing extends Upstream {
  /** Heads and bodies, in the order of arrival. */
  readonly seen: () => Buffer;
  /** Bodies that came to their end. */
  readonly whole: Buffer[];
}

export async function startSeeing(): Promise<Seeing> {
  const seen: Buffer[] = [];
  const whole: Buffer[] = [];
  const upstream = await startUpstream(allowed, (request, response) => {
    const body: Buffer[] = [];
    seen.push(Buffer.from(`${request.method} ${request.url}\n${request.rawHeaders.join("\n")}\n`));
    request.on("data", (chunk: Buffer) => {
      body.push(chunk);
      seen.push(chunk);
    }).on("error", () => {}).once("end", () => {
      seen.push(Buffer.from(request.rawTrailers.join("\n")));
      whole.push(Buffer.concat(body));
      response.end(`fine ${idOf(request)}`);
    });
  });
  return { ...upstream, seen: () => Buffer.concat(seen), whole, [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose]() };
}

function idOf({ headers }: IncomingMessage): string {
  return String(headers["x-id"] ?? "");
}

/** A proxy with what there is to find; its one route has no credential. */
export async function startScanned(upstream: Upstream, route: Partial<EgressRoute> = {}, options: Partial<EgressOptions> = {}): Promise<Rig> {
  return startRig(upstream, {
    routes: [{ host: allowed, ...route }], secrets: [{ name: "listed", value: listed }], canaries: [{ name: "trap", value: canary }], ...options,
  });
}

/** What a request is made of, besides its Host header. */
export interface Sent {
  readonly method?: string;
  readonly target?: string;
  /** Lines with their ends. */
  readonly headers?: string;
  /** Sent with its length, if the headers name no other framing. */
  readonly body?: Buffer | string;
}

/** The bytes of a request. */
export function requestBytes({ method, target = "/", headers = "", body }: Sent): Buffer {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const length = body === undefined || /transfer-encoding|content-length/i.test(headers) ? "" : `Content-Length: ${bytes.length}\r\n`;
  return Buffer.concat([Buffer.from(`${method ?? (body === undefined ? "GET" : "POST")} ${target} HTTP/1.1\r\nHost: ${allowed}\r\n${headers}${length}\r\n`, "latin1"), bytes]);
}

/** One request in a new tunnel, and all that was answered until the answer was over. */
export async function send(rig: Rig, sent: Sent): Promise<string> {
  const socket = await openTls(rig, `${allowed}:443`);
  try {
    return (await say(socket, requestBytes(sent).toString("latin1"), { until: /\}\n$|fine .*$|\r\n0\r\n\r\n$/ })).text;
  } finally {
    socket.destroy();
    if (!socket.closed) await once(socket, "close");
  }
}

/** The status and the refusal's reason, or the status alone. */
export function outcome(text: string): string {
  return [text.slice(9, 12), ...(/"reason":"([a-z-]+)"/.exec(text)?.slice(1) ?? [])].join(" ");
}
