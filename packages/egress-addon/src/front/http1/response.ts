import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type { ClientResponse } from "../../exchange/client.ts";
import { isFieldName, isFieldValue } from "../../fields.ts";
import { STATUS_CODES } from "../../node-http.ts";
import type { PlainRequest } from "./request.ts";

type Framing = { readonly kind: "none" } | { readonly kind: "chunked" } | { readonly kind: "length"; left: number };

/** What the connection says for itself. */
const own: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** What a response is told by its connection. */
export interface PlainResponseOptions {
  readonly keepsAlive: boolean;
  /** For how long the connection is kept after the answer, as the client is told. */
  readonly idleMs: number;
  /** All of it left. */
  readonly onFinished: () => void;
}

/** The answer to a plain request. What is written in one turn leaves together. */
export class PlainResponse extends EventEmitter implements ClientResponse {
  readonly req: PlainRequest;
  sendDate = true;
  shouldKeepAlive: boolean;
  destroyed = false;
  writableFinished = false;
  statusCode = 200;
  readonly #socket: Duplex;
  readonly #options: PlainResponseOptions;
  #head = "";
  #framing: Framing | undefined;
  #isEnded = false;
  #isCorked = false;
  #trailers = "";

  constructor(request: PlainRequest, options: PlainResponseOptions) {
    super();
    this.req = request;
    this.shouldKeepAlive = options.keepsAlive;
    this.#socket = request.socket;
    this.#options = options;
  }

  get headersSent(): boolean {
    return this.#framing !== undefined;
  }

  writeContinue(): void {
    this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
  }

  writeHead(status: number, text: string | Readonly<Record<string, string | number>>, given?: readonly string[]): this {
    if (this.headersSent || this.destroyed) throw new Error("The head of this answer has been written.");
    const fields = typeof text === "string" ? given ?? [] : Object.entries(text).flatMap(([name, value]) => [name, String(value)]);
    const statusText = typeof text === "string" ? text : STATUS_CODES[status] ?? "";
    let lines = "";
    let length: string | undefined;
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at] ?? "";
      const value = fields[at + 1] ?? "";
      // Most names are told apart by their length.
      const alias = name.length === 10 || name.length === 14 || name.length === 17 ? name.toLowerCase() : "";
      if (own.has(alias)) continue;
      if (!isFieldName(name) || !isFieldValue(value)) throw new Error("The head of this answer cannot be sent.");
      if (alias === "content-length") {
        if (length !== undefined) throw new Error("The head of this answer has two lengths.");
        length = value;
      }
      lines += `${name}: ${value}\r\n`;
    }
    if (!isFieldValue(statusText) || !isStatus(status)) throw new Error("The head of this answer cannot be sent.");
    this.#framing = this.#frame(status, length);
    if (this.#framing.kind === "chunked") lines += "Transfer-Encoding: chunked\r\n";
    if (this.sendDate) lines += `Date: ${new Date().toUTCString()}\r\n`;
    lines += this.shouldKeepAlive ? `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(this.#options.idleMs / 1000)}\r\n` : "Connection: close\r\n";
    this.statusCode = status;
    this.#head = `HTTP/1.1 ${status} ${statusText}\r\n${lines}\r\n`;
    return this;
  }

  flushHeaders(): void {
    if (this.#head === "") return;
    this.#cork();
    this.#socket.write(this.#takeHead(), "latin1");
  }

  write(chunk: Buffer): boolean {
    const framing = this.#framing;
    if (this.destroyed || this.#isEnded || framing === undefined) return false;
    this.flushHeaders();
    if (chunk.length === 0 || framing.kind === "none") return true;
    if (!this.#mayWrite(framing, chunk.length)) return false;
    this.#cork();
    if (framing.kind === "length") return this.#socket.write(chunk);
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    this.#socket.write(chunk);
    return this.#socket.write("\r\n", "latin1");
  }

  addTrailers(trailers: readonly [string, string][]): void {
    for (const [name, value] of trailers) if (isFieldName(name) && isFieldValue(value)) this.#trailers += `${name}: ${value}\r\n`;
  }

  end(content: Buffer | string = "", encoding: "latin1" | "utf8" = "utf8"): this {
    const framing = this.#framing;
    if (this.destroyed || this.#isEnded || framing === undefined) return this;
    const bytes = typeof content === "string" && encoding === "utf8" ? Buffer.from(content) : content;
    const length = framing.kind === "none" ? 0 : bytes.length;
    if (length > 0 && !this.#mayWrite(framing, length)) return this;
    // Whoever waits for the rest of it would take the next answer for that.
    if (framing.kind === "length" && framing.left > 0) return this.destroy();
    this.#isEnded = true;
    const isChunked = framing.kind === "chunked";
    const before = this.#takeHead() + (isChunked && length > 0 ? `${length.toString(16)}\r\n` : "");
    const after = isChunked ? `${length > 0 ? "\r\n" : ""}0\r\n${this.#trailers}\r\n` : "";
    this.#writeLast(before, length === 0 ? "" : bytes, after);
    return this;
  }

  /** Ends the connection, so that the client can tell that the answer is not complete. */
  destroy(): this {
    this.#socket.destroy();
    return this;
  }

  /** The connection took all of it, or is gone. */
  close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit("close");
  }

  #frame(status: number, length: string | undefined): Framing {
    if (this.req.method === "HEAD" || status === 204 || status === 304) return { kind: "none" };
    if (length === undefined) return { kind: "chunked" };
    if (!/^[0-9]{1,15}$/.test(length)) throw new Error("The length of this answer is none.");
    return { kind: "length", left: Number(length) };
  }

  #mayWrite(framing: Framing, bytes: number): boolean {
    if (framing.kind !== "length") return true;
    framing.left -= bytes;
    if (framing.left >= 0) return true;
    this.destroy();
    return false;
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }

  #writeLast(before: string, content: Buffer | string, after: string): void {
    const done = (error?: Error | null): void => {
      if (error) return;
      this.writableFinished = true;
      this.#options.onFinished();
    };
    const socket = this.#socket;
    // One string is one write.
    if (typeof content === "string") return void socket.write(before + content + after, "latin1", done);
    socket.cork();
    if (before !== "") socket.write(before, "latin1");
    socket.write(content, after === "" ? done : undefined);
    if (after !== "") socket.write(after, "latin1", done);
    socket.uncork();
  }

  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#socket.uncork();
    });
  }
}

function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599;
}
