import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { openTunnel } from "./raw-client.ts";
import type { Rig } from "./rig.ts";

/** What a stream was answered. */
export interface StreamAnswer {
  /** 0 if the stream ended without a head. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
  /** The code that the stream ended with; 0: as it should. */
  readonly code: number;
}

/** Opens a tunnel and negotiates `h2` in it, trusting the proxy's CA alone. */
export async function openH2Socket(rig: Rig, authority: string): Promise<TLSSocket> {
  const socket = await openTunnel(rig, authority);
  const secure = connectTls({ socket, ca: rig.proxy.caCertificate, servername: authority.replace(/:[0-9]+$/, ""), ALPNProtocols: ["h2"] });
  secure.on("error", () => {});
  await once(secure, "secureConnect");
  return secure;
}

/** An HTTP/2 session through the proxy. */
export async function openSession(rig: Rig, authority: string): Promise<ClientHttp2Session> {
  const socket = await openH2Socket(rig, authority);
  const session = connect(`https://${authority}`, { createConnection: () => socket });
  session.on("error", () => {});
  return session;
}

/** Listens to one stream until it closes. */
export async function hear(stream: ClientHttp2Stream): Promise<StreamAnswer> {
  let headers: StreamAnswer["headers"] = {};
  let trailers: IncomingHttpHeaders = {};
  let body = "";
  stream.on("response", (head) => void (headers = head)).on("trailers", (fields) => void (trailers = fields));
  stream.on("data", (chunk: Buffer) => void (body += chunk.toString("latin1"))).on("error", () => {});
  if (!stream.destroyed) await once(stream, "close").catch(() => {});
  return { status: headers[":status"] ?? 0, headers, trailers, body, code: stream.rstCode ?? constants.NGHTTP2_NO_ERROR };
}

/** One request with its answer. */
export async function ask(session: ClientHttp2Session, headers: Record<string, string | string[]> = {}, body?: string): Promise<StreamAnswer> {
  const stream = session.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  const heard = hear(stream);
  if (body !== undefined) stream.end(body);
  return heard;
}
