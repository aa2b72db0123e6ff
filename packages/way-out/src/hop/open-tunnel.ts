import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { formatAuthority, isAddress } from "../host/host.ts";
import { UpstreamFailure, type UpstreamReason } from "../failure.ts";
import type { Target } from "../connect/connect.ts";
import { createConnectAnswerReader } from "./connect-answer.ts";
import type { Hop } from "./read-hop.ts";

/**
 * Opens a connection to the hop and a tunnel through it; what the socket says next is the upstream's.
 * @throws UpstreamFailure
 */
export async function openTunnel(options: {
  readonly hop: Hop;
  readonly target: Target;
  readonly trust: () => SecureContext;
  readonly signal: AbortSignal;
}): Promise<Socket> {
  const { hop, signal } = options;
  const socket = await dialHop(options);
  try {
    socket.write(connectRequest(hop, options.target), "latin1");
    const { status, rest } = await readAnswer(socket, signal);
    if (status < 200 || status > 299) throw new UpstreamFailure(refusalOf(hop, status));
    // Where the client speaks first, in TLS as in HTTP, whatever came already is the hop's own, or an answer to nobody's request.
    if ((rest.length > 0 && options.target.upstreamMaySpeakFirst !== true) || socket.destroyed) throw new UpstreamFailure("upstream-broken");
    if (rest.length > 0) socket.unshift(rest);
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof UpstreamFailure) throw error;
    throw new UpstreamFailure(signal.aborted ? "upstream-timeout" : "hop-unreachable", error);
  }
}

async function dialHop({ hop, trust, signal }: { readonly hop: Hop; readonly trust: () => SecureContext; readonly signal: AbortSignal }): Promise<Socket> {
  const to = { host: hop.host, port: hop.port, noDelay: true, keepAlive: true };
  const socket = hop.secure
    ? connectTls({ ...to, servername: isAddress(hop.host) ? "" : hop.host, secureContext: trust(), rejectUnauthorized: true, ALPNProtocols: ["http/1.1"] })
    : connect(to);
  socket.on("error", () => socket.destroy());
  try {
    await once(socket, hop.secure ? "secureConnect" : "connect", { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw new UpstreamFailure(signal.aborted ? "upstream-timeout" : "hop-unreachable", error);
  }
}

function connectRequest(hop: Hop, { host, port }: Target): string {
  const authority = formatAuthority(host, port);
  const login = hop.authorization === undefined ? "" : `Proxy-Authorization: ${hop.authorization}\r\n`;
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${login}\r\n`;
}

// Read by hand and not by `data`: the socket must come out as if nobody had listened, for whoever reads it next.
async function readAnswer(socket: Socket, signal: AbortSignal): Promise<{ readonly status: number; readonly rest: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly rest: Buffer }>();
  const read = createConnectAnswerReader();
  const onReadable = (): void => {
    for (let chunk = nextChunk(socket); chunk !== undefined; chunk = nextChunk(socket)) {
      const answer = read(chunk);
      if (answer.kind === "incomplete") continue;
      if (answer.kind === "malformed") return reject(new UpstreamFailure("upstream-broken"));
      return resolve(answer);
    }
  };
  const onEnd = (): void => reject(new UpstreamFailure("upstream-broken"));
  const onAbort = (): void => reject(new UpstreamFailure("upstream-timeout"));
  socket.on("readable", onReadable).once("end", onEnd).once("close", onEnd);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await promise;
  } finally {
    socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
    signal.removeEventListener("abort", onAbort);
  }
}

function nextChunk(socket: Socket): Buffer | undefined {
  const chunk: unknown = socket.read();
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}

function refusalOf(hop: Hop, status: number): UpstreamReason {
  if (hop.kind === "pipelock" && status === 403) return "pipelock-blocked";
  if (status === 504) return "upstream-timeout";
  return status >= 500 ? "upstream-unreachable" : "hop-refused";
}
