import type { Duplex } from "node:stream";
import { type PlainFields, readPlainHead } from "./read-head.ts";
import { PlainRequest } from "./request.ts";
import { PlainResponse } from "./response.ts";

/** How the connections of clients are served. */
export interface PlainOptions {
  /** The first head must come within. */
  readonly headMs: number;
  /** A connection without a request is kept for. */
  readonly idleMs: number;
  readonly request: (request: PlainRequest, response: PlainResponse) => void;
  /** A request began on a connection, and is over. */
  readonly began: (socket: Duplex) => void;
  readonly ended: (socket: Duplex) => void;
  /** Serves a connection on which something came that is not plain, which can be read from it again. */
  readonly handOver: (socket: Duplex) => void;
}

/** Held of what a client sends before its last request is answered; more is left to TCP. */
const mostHeldBytes = 64 * 1024;
/** In so many pieces at most: a piece of one byte takes hundreds. */
const mostHeldPieces = 64;
/** Longer fields are not remembered for the next request. */
const longestFieldsBytes = 4 * 1024;
/** How much longer than the client is told an idle connection is kept, so that no request meets its end; as Node does. */
const graceMs = 1_000;

/**
 * Serves the plain requests of one connection, one after the other, until it is closed or one comes that is not plain: that one, and all after it,
 * are left to Node's server, which knows all of HTTP/1.1.
 */
export class PlainConnection {
  readonly #socket: Duplex;
  readonly #options: PlainOptions;
  /** Under way, or answered before all of it came. */
  #request: PlainRequest | undefined;
  /** Under way. */
  #response: PlainResponse | undefined;
  #fields: PlainFields | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** No further request is served. */
  #isClosing = false;
  #timer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(socket: Duplex, options: PlainOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#timer = setTimeout(() => socket.destroy(), options.headMs);
    socket.on("data", this.#onData).on("drain", this.#onDrain).once("end", this.#onEnd).once("close", this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isClosing) return;
    const request = this.#request;
    if (request === undefined) return this.#next(chunk);
    const from = request.arrived(chunk);
    const rest = from === 0 ? chunk : chunk.subarray(from);
    if (rest.length > 0) this.#hold(rest);
    if (this.#response !== undefined) return;
    if (request.complete) this.#rest();
    else this.#idleTimer?.refresh();
  };

  readonly #onDrain = (): void => void this.#response?.emit("drain");

  // Whether it only sends no more, or has left, cannot be told: what is under way ends with it, as with Node.
  readonly #onEnd = (): void => {
    this.#isClosing = true;
    if (this.#request?.complete === false) this.#socket.destroy();
    else this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#idleTimer);
    if (this.#request?.complete === false) this.#request.destroy();
    this.#end();
  };

  readonly #onFinished = (): void => {
    const keepsAlive = this.#response?.shouldKeepAlive === true && !this.#isClosing && !this.#socket.destroyed;
    this.#isClosing ||= !keepsAlive;
    this.#end();
    this.#awaitNext();
    if (!keepsAlive) return void this.#socket.end(() => this.#socket.destroy());
    if (this.#request?.complete === false) this.#request.discard();
    else this.#rest();
  };

  #next(bytes: Buffer): void {
    const head = readPlainHead(bytes, this.#fields);
    if (head === undefined) return this.#leave(bytes);
    const { fields } = head;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fields = fields.wire.length > longestFieldsBytes ? undefined : fields;
    const request = new PlainRequest(head, this.#socket);
    const response = new PlainResponse(request, { keepsAlive: fields.keepsAlive, idleMs: this.#options.idleMs, onFinished: this.#onFinished });
    this.#request = request;
    this.#response = response;
    this.#options.began(this.#socket);
    if (bytes.length > head.bytes) this.#onData(bytes.subarray(head.bytes));
    this.#options.request(request, response);
  }

  #hold(bytes: Buffer): void {
    if (this.#held.length >= mostHeldPieces) this.#held = [Buffer.concat(this.#held)];
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= mostHeldBytes) this.#socket.pause();
  }

  // The answer is over, whole or not.
  #end(): void {
    const response = this.#response;
    if (response === undefined) return;
    this.#response = undefined;
    this.#options.ended(this.#socket);
    response.close();
  }

  // Nothing is under way any more.
  #rest(): void {
    this.#request = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#held.length === 0 || this.#isClosing) return;
    const [first, ...others] = this.#held.splice(0);
    this.#heldBytes = 0;
    // What is left of one chunk, request after request, is not copied each time.
    if (first !== undefined) this.#next(others.length === 0 ? first : Buffer.concat([first, ...others]));
  }

  #awaitNext(): void {
    if (this.#idleTimer !== undefined) return void this.#idleTimer.refresh();
    this.#idleTimer = setTimeout(() => this.#response === undefined && this.#socket.destroy(), this.#options.idleMs + graceMs);
  }

  #leave(bytes: Buffer): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#idleTimer);
    this.#socket.off("data", this.#onData).off("drain", this.#onDrain).off("end", this.#onEnd).off("close", this.#onClose);
    this.#socket.unshift(bytes);
    this.#options.handOver(this.#socket);
  }
}
