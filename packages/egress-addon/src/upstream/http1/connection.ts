import type { Socket } from "node:net";
import { toFailure, UpstreamFailure } from "@bottle/way-out";
import type { AnswerSink, UpstreamRequest } from "../pools.ts";
import type { ResponseHead } from "./parse-head.ts";
import { createResponseReader, type ResponseReader } from "./read-response.ts";
import { type Steering, Turn } from "./turn.ts";
import { upload } from "./upload.ts";
import { writeHead } from "./write-head.ts";

/** What a connection tells its pool. */
export interface ConnectionOptions {
  /** From a request sent to the head of its answer. */
  readonly answerTimeoutMs: number;
  /** It has nothing under way and can take the next request. */
  readonly onIdle: (connection: Connection) => void;
  readonly onClose: (connection: Connection) => void;
  /** The upstream closed it after an answer and before a byte of the next: it has not looked at the request (RFC 9112 9.3.1), which may be sent again. */
  readonly onStale: (request: UpstreamRequest, sink: AnswerSink) => void;
}

const defaultIdleMs = 4_000;
const longestIdleMs = 600_000;
/** How much earlier than the upstream an idle connection is given up, so that no request meets its end. */
const marginMs = 2_000;
/** Safe to send twice (RFC 9110 9.2.1), if nothing of an answer came. */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** One HTTP/1.1 connection to an upstream, with one request at a time. */
export class Connection implements Steering {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader: ResponseReader;
  #turn: Turn | undefined;
  #answered = 0;
  #isRetired = false;
  /** Closed by us, so that nothing is sent again. */
  #isCut = false;
  #error: unknown;
  #answerTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #idleMs = defaultIdleMs;

  /** @param socket connected, secure if it is to be, and unused */
  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = createResponseReader({
      head: (head) => this.#head(head),
      data: (chunk) => this.#turn?.data(chunk),
      end: (trailers, isClean) => this.#end(trailers, isClean),
    });
    socket.on("data", (chunk: Buffer) => {
      this.#turn?.heard();
      if (!this.#reader.push(chunk)) this.destroy();
    });
    socket.on("drain", () => this.#turn?.upload?.drained());
    socket.on("error", (error) => {
      this.#error ??= error;
      // TLS that breaks after its handshake leaves the socket open.
      socket.destroy();
    });
    socket.once("end", () => {
      if (!this.#reader.finish()) this.#error ??= new UpstreamFailure("upstream-broken");
      socket.destroy();
    });
    socket.once("close", () => this.#closed());
  }

  /** Whether it can take a request once it is idle; not if there is something to read that nobody asked for. */
  get isOpen(): boolean {
    const { destroyed, readableEnded, readableLength, writable } = this.#socket;
    return !destroyed && !this.#isRetired && !readableEnded && readableLength === 0 && writable;
  }

  /** Sends a request; only while it is idle. */
  send(request: UpstreamRequest, sink: AnswerSink): void {
    const turn = new Turn(this, request, sink);
    this.#turn = turn;
    sink.begin(turn);
    if (turn.isOver) return;
    const { body } = request;
    const head = writeHead(request);
    // What is there already answers nothing; and a body that broke off would be waited for.
    if (head === undefined || this.#socket.readableLength > 0 || body?.destroyed) return this.#fail(new UpstreamFailure("upstream-broken"));
    this.#reader.expect(request.method === "HEAD");
    this.#awaitAnswer();
    if (body === null) return void this.#socket.write(head.text, "latin1");
    this.#socket.cork();
    this.#socket.write(head.text, "latin1");
    // The head leaves with what is there of the body.
    setImmediate(() => this.#socket.uncork());
    turn.upload = upload(this.#socket, body, {
      framing: head.framing,
      trailers: request.trailers.read,
      onSent: (bytes) => {
        this.#awaitAnswer();
        sink.sent(bytes);
      },
      broken: () => this.#fail(new UpstreamFailure("upstream-broken")),
    });
  }

  /** Closes it as soon as it is idle. */
  retire(): void {
    this.#isRetired = true;
    if (this.#turn === undefined) this.destroy();
  }

  /** Closes it, whatever is under way. */
  destroy(): void {
    this.#isCut = true;
    this.#socket.destroy();
  }

  pause(turn: Turn): void {
    if (this.#turn === turn) this.#socket.pause();
  }

  resume(turn: Turn): void {
    if (this.#turn === turn) this.#socket.resume();
  }

  abort(turn: Turn): void {
    if (this.#turn === turn) this.destroy();
  }

  #head(head: ResponseHead): void {
    if (head.keepAliveSeconds !== undefined) this.#setIdle(Math.min(longestIdleMs, head.keepAliveSeconds * 1000 - marginMs));
    this.#turn?.head(head);
  }

  #end(trailers: readonly string[], isClean: boolean): void {
    const turn = this.#turn;
    this.#turn = undefined;
    this.#answered += 1;
    if (turn === undefined) return this.destroy();
    if (isClean && turn.isUploaded && turn.keepsAlive && this.isOpen && this.#idleMs > 0) this.#rest();
    else this.destroy();
    turn.end(trailers);
  }

  #rest(): void {
    // A client that was slow to the end may have paused it.
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#idleTimer === undefined) this.#idleTimer = setTimeout(() => this.#turn === undefined && this.destroy(), this.#idleMs).unref();
    else this.#idleTimer.refresh();
    this.#options.onIdle(this);
  }

  #setIdle(ms: number): void {
    if (ms === this.#idleMs) return;
    this.#idleMs = ms;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  #awaitAnswer(): void {
    if (this.#answerTimer !== undefined) return void this.#answerTimer.refresh();
    this.#answerTimer = setTimeout(() => {
      if (this.#turn?.isAwaiting) this.#fail(new UpstreamFailure("upstream-timeout"));
    }, this.#options.answerTimeoutMs).unref();
  }

  #fail(failure: UpstreamFailure): void {
    this.#error ??= failure;
    const turn = this.#turn;
    this.#turn = undefined;
    this.destroy();
    turn?.fail(failure);
  }

  #closed(): void {
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#idleTimer);
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn !== undefined && !turn.isOver && this.#isStaleFor(turn)) this.#options.onStale(turn.request, turn.sink);
    else turn?.fail(toFailure(this.#error));
    this.#options.onClose(this);
  }

  #isStaleFor({ isUnheard, request }: Turn): boolean {
    return this.#answered > 0 && isUnheard && !this.#isCut && request.body === null && repeatable.has(request.method);
  }
}
