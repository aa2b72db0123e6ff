import type { Socket } from "node:net";
import { toFailure, UpstreamFailure } from "../failure.ts";
import type { AnswerControl, AnswerSink, UpstreamRequest } from "../pools.ts";
import type { ResponseHead } from "./parse-head.ts";
import { createResponseReader, type ResponseReader } from "./read-response.ts";
import { upload, type Upload } from "./upload.ts";
import { writeHead } from "./write-head.ts";

/** What a connection tells its pool. */
export interface ConnectionOptions {
  /** From a request sent to the head of its answer. */
  readonly answerTimeoutMs: number;
  /** It has nothing under way and can take the next request. */
  readonly onIdle: (connection: Connection) => void;
  readonly onClose: (connection: Connection) => void;
  /** It had answered before and was closed before a byte of an answer came: the upstream has not looked at the request (RFC 9112 9.3.1). */
  readonly onStale: (request: UpstreamRequest, sink: AnswerSink) => void;
}

const defaultIdleMs = 4_000;
const longestIdleMs = 600_000;
/** How much earlier than the upstream an idle connection is given up, so that no request meets its end. */
const marginMs = 2_000;
/** Safe to send twice (RFC 9110 9.2.1), if nothing of an answer came. */
const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** One HTTP/1.1 connection to an upstream, with one request at a time. */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader: ResponseReader;
  #turn: Turn | undefined;
  #answered = 0;
  #isRetired = false;
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
    socket.on("error", (error) => void (this.#error ??= error));
    socket.once("end", () => {
      if (!this.#reader.finish()) this.#error ??= new UpstreamFailure("upstream-broken");
      this.destroy();
    });
    socket.once("close", () => this.#closed());
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#isRetired && !this.#socket.readableEnded && this.#socket.writable;
  }

  /** Sends a request; only while it is idle. */
  send(request: UpstreamRequest, sink: AnswerSink): void {
    const turn = new Turn(this, request, sink);
    this.#turn = turn;
    sink.begin(turn);
    if (turn.isOver) return;
    const head = writeHead(request);
    if (head === undefined) return this.#fail(new UpstreamFailure("upstream-broken"));
    this.#reader.expect(request.method === "HEAD");
    this.#awaitAnswer();
    const { body } = request;
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
    const isUploaded = turn.upload === undefined || turn.upload.isComplete;
    if (isClean && isUploaded && turn.keepsAlive && !this.#isRetired && this.#idleMs > 0) this.#rest();
    else this.destroy();
    if (!isUploaded) turn.upload?.stop();
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
    this.#options.onClose(this);
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn === undefined || turn.isOver) return turn?.stop();
    if (this.#answered > 0 && turn.isUnheard && turn.request.body === null && repeatable.has(turn.request.method)) return this.#options.onStale(turn.request, turn.sink);
    turn.fail(toFailure(this.#error));
  }
}

/** One request and its answer. */
class Turn implements AnswerControl {
  readonly request: UpstreamRequest;
  readonly sink: AnswerSink;
  readonly #connection: Connection;
  upload: Upload | undefined;
  /** Nothing more is told to the sink. */
  isOver = false;
  /** No byte of an answer came. */
  isUnheard = true;
  /** No head came. */
  isAwaiting = true;
  keepsAlive = false;

  constructor(connection: Connection, request: UpstreamRequest, sink: AnswerSink) {
    this.#connection = connection;
    this.request = request;
    this.sink = sink;
  }

  pause(): void {
    this.#connection.pause(this);
  }

  resume(): void {
    this.#connection.resume(this);
  }

  abort(): void {
    if (this.isOver) return;
    this.stop();
    this.#connection.abort(this);
  }

  stop(): void {
    this.isOver = true;
    this.upload?.stop();
  }

  heard(): void {
    this.isUnheard = false;
  }

  head({ status, statusText, headers, keepsAlive }: ResponseHead): void {
    this.isAwaiting = false;
    this.keepsAlive = keepsAlive;
    if (!this.isOver) this.sink.start(status, statusText, headers);
  }

  data(chunk: Buffer): void {
    if (!this.isOver) this.sink.data(chunk);
  }

  end(trailers: readonly string[]): void {
    if (this.isOver) return;
    this.isOver = true;
    this.sink.end(trailers);
  }

  fail(failure: UpstreamFailure): void {
    if (this.isOver) return;
    this.stop();
    this.sink.fail(failure);
  }
}
