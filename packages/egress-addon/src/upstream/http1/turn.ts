import type { UpstreamFailure } from "@bottle/way-out";
import type { AnswerControl, AnswerSink, UpstreamRequest } from "../pools.ts";
import type { ResponseHead } from "./parse-head.ts";
import type { Upload } from "./upload.ts";

/** What a turn may do with its connection; nothing once it is another's. */
export interface Steering {
  pause(turn: Turn): void;
  resume(turn: Turn): void;
  abort(turn: Turn): void;
}

/** One request on a connection, and its answer. */
export class Turn implements AnswerControl {
  readonly request: UpstreamRequest;
  readonly sink: AnswerSink;
  readonly #steering: Steering;
  upload: Upload | undefined;
  /** Nothing more is told to the sink. */
  isOver = false;
  /** No byte of an answer came. */
  isUnheard = true;
  /** No head came. */
  isAwaiting = true;
  keepsAlive = false;

  constructor(steering: Steering, request: UpstreamRequest, sink: AnswerSink) {
    this.#steering = steering;
    this.request = request;
    this.sink = sink;
  }

  get isUploaded(): boolean {
    return this.request.body === null || this.upload?.isComplete === true;
  }

  pause(): void {
    this.#steering.pause(this);
  }

  resume(): void {
    this.#steering.resume(this);
  }

  abort(): void {
    if (this.isOver) return;
    this.stop();
    this.#steering.abort(this);
  }

  /** Tells the sink nothing more, and reads no more of the body. */
  stop(): void {
    this.isOver = true;
    this.upload?.stop();
    this.request.body?.destroy();
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
    if (this.isUploaded) this.isOver = true;
    else this.stop();
    this.sink.end(trailers);
  }

  fail(failure: UpstreamFailure): void {
    if (this.isOver) return;
    this.stop();
    this.sink.fail(failure);
  }
}
