import { EventEmitter } from "node:events";
import type { ServerHttp2Stream } from "node:http2";
import type { ClientRequest, ClientResponse } from "../exchange/client.ts";
import { resetCodes } from "../node-http2.ts";

interface Head {
  readonly status: number;
  readonly headers: readonly string[];
}

// What frames HTTP/1.1 alone (RFC 9113 8.2.2).
const connectionNames = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/**
 * The answer to one HTTP/2 stream. The head waits for what follows it, so that an answer without a body ends with its head: a gRPC
 * client takes a status for one only there.
 */
export class StreamResponse extends EventEmitter implements ClientResponse {
  readonly req: ClientRequest;
  sendDate = true;
  shouldKeepAlive = true;
  resetCode?: number;
  readonly #stream: ServerHttp2Stream;
  #head: Head | undefined;
  #isResponded = false;
  #isEnded = false;
  #trailers: Record<string, string | string[]> = {};

  constructor(stream: ServerHttp2Stream, request: ClientRequest) {
    super();
    this.req = request;
    this.#stream = stream;
    stream.on("error", () => {});
    stream.on("drain", () => this.emit("drain"));
    // A client that reset its stream without a code would be waited for until it has read what it never will.
    stream.once("aborted", () => void setImmediate(() => stream.destroy()));
    stream.once("close", () => this.emit("close"));
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
  get headersSent(): boolean {
    return this.#head !== undefined;
  }
  get statusCode(): number {
    return this.#head?.status ?? 200;
  }
  get writableFinished(): boolean {
    return this.#isEnded && this.#stream.writableFinished && this.#stream.rstCode === resetCodes.none;
  }

  writeContinue(): void {
    if (!this.destroyed) this.#stream.additionalHeaders({ ":status": 100 });
  }

  writeHead(status: number, text: string | Readonly<Record<string, string | number>>, given?: readonly string[]): this {
    const fields = typeof text === "string" ? given ?? [] : Object.entries(text).flatMap(([name, value]) => [name, String(value)]);
    const headers = fields.map((field, index) => index % 2 === 0 ? field.toLowerCase() : field);
    const isBroken = headers.some((field, index) => index % 2 === 0 ? !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(field) : /[\0\r\n]/.test(field));
    if (isBroken || this.headersSent) throw new Error("The head of this answer cannot be sent.");
    this.#head = { status, headers: headers.filter((_, index) => !connectionNames.has(headers[index - index % 2] ?? "")) };
    return this;
  }

  flushHeaders(): void {
    this.#respond(false);
  }

  write(chunk: Buffer): boolean {
    if (this.destroyed) return false;
    this.#respond(false);
    return chunk.length === 0 || this.#isBodiless() || this.#stream.write(chunk);
  }

  addTrailers(trailers: readonly [string, string][]): void {
    for (const [name, value] of trailers) {
      const key = name.toLowerCase();
      this.#trailers[key] = key in this.#trailers ? [this.#trailers[key] ?? [], value].flat() : value;
    }
  }

  end(chunk?: Buffer | string, encoding?: "latin1"): this {
    if (this.destroyed || this.#isEnded) return this;
    const isEmpty = chunk === undefined && Object.keys(this.#trailers).length === 0;
    this.#respond(isEmpty);
    this.#isEnded = true;
    if (!this.#isBodiless()) this.#stream.end(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    // After a whole answer the rest of the request is not worth reading (RFC 9113 8.1).
    if (!this.#stream.writableFinished) this.#stream.once("finish", () => this.#dropRequest());
    else this.#dropRequest();
    return this;
  }

  destroy(): this {
    this.#stream.close(this.resetCode ?? resetCodes.internal);
    return this;
  }

  #respond(isLast: boolean): void {
    if (this.#isResponded || this.#head === undefined || this.destroyed) return;
    this.#isResponded = true;
    const { status, headers } = this.#head;
    const endStream = isLast || this.#isBodiless();
    this.#stream.once("wantTrailers", () => this.#sendTrailers());
    // With trailers to wait for, Node does not mark the end of what is cut: `close` ends the body first.
    const sending = { endStream, waitForTrailers: !endStream, sendDate: false };
    this.#stream.respond([":status", String(status), ...headers], sending);
  }

  #sendTrailers(): void {
    if (this.destroyed) return;
    this.#stream.sendTrailers(this.#trailers);
    // Node submits them in the next turn.
    setImmediate(() => this.#dropRequest());
  }

  #dropRequest(): void {
    const isWaiting = this.#isResponded && this.#stream.sentTrailers === undefined && !this.#isBodiless();
    if (!isWaiting && !this.req.complete && this.req.hasContent && !this.destroyed) this.#stream.close(resetCodes.none);
  }

  #isBodiless(): boolean {
    const status = this.#head?.status ?? 200;
    return this.req.method === "HEAD" || status === 204 || status === 205 || status === 304;
  }
}
