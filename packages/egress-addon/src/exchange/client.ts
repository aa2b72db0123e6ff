import type { Duplex, Readable } from "node:stream";
import type { RawHeaders } from "./headers.ts";

/** A client's request, whichever HTTP version it came in. Node's IncomingMessage is one; `StreamRequest` is HTTP/2's. */
export interface ClientRequest extends Readable {
  readonly method?: string | undefined;
  readonly headers: { readonly "content-length"?: string | undefined; readonly "transfer-encoding"?: string | undefined };
  readonly rawHeaders: RawHeaders;
  /** Complete once the body has ended. */
  readonly rawTrailers: RawHeaders;
  /** `1.0`, `1.1` or `2.0`. */
  readonly httpVersion: string;
  /** Whether all of it arrived. */
  readonly complete: boolean;
  /** The socket that its tunnel is known by. */
  readonly socket: Duplex;
  /** Whether a body follows the head; absent in HTTP/1, where the headers tell. */
  readonly hasContent?: boolean;
}

/** The way back to a client. Node's ServerResponse is one; `StreamResponse` is HTTP/2's, which leaves out what HTTP/2 has no place for. */
export interface ClientResponse {
  readonly req: Pick<ClientRequest, "method" | "headers" | "hasContent" | "httpVersion">;
  readonly destroyed: boolean;
  readonly headersSent: boolean;
  readonly statusCode: number;
  /** Whether the whole answer left. */
  readonly writableFinished: boolean;
  sendDate: boolean;
  shouldKeepAlive: boolean;
  on(event: "drain" | "close", listener: () => void): unknown;
  writeContinue(): void;
  writeHead(status: number, statusText: string, headers: string[]): unknown;
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  flushHeaders(): void;
  /** Answers whether more may be written before `drain`. */
  write(chunk: Buffer): boolean;
  addTrailers(trailers: [string, string][]): void;
  end(chunk?: Buffer | string): unknown;
  end(chunk: string, encoding: "latin1"): unknown;
  /** Ends it so that the client can tell that it is not complete. */
  destroy(): unknown;
  /** HTTP/2 alone: the code (RFC 9113 7) of the RST_STREAM that `destroy` sends. */
  resetCode?: number;
}

/** Whether a request has a body, maybe an empty one. */
export function hasBody({ headers, hasContent }: Pick<ClientRequest, "headers" | "hasContent">): boolean {
  return hasContent ?? (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0);
}
