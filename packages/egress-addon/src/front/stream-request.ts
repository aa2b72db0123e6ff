import type { ServerHttp2Stream } from "node:http2";
import { type Duplex, Readable } from "node:stream";
import type { ClientRequest } from "../exchange/client.ts";
import type { StreamHead } from "../exchange/stream-head.ts";

/** A request that came as one HTTP/2 stream. Its body is read at the reader's pace: what is not read is not granted to the client again. */
export class StreamRequest extends Readable implements ClientRequest {
  readonly httpVersion = "2.0";
  readonly method: string;
  readonly rawHeaders: readonly string[];
  readonly headers: ClientRequest["headers"];
  readonly socket: Duplex;
  readonly hasContent: boolean;
  rawTrailers: readonly string[] = [];
  readonly #stream: ServerHttp2Stream;
  #isComplete = false;
  #isRead = false;

  constructor(stream: ServerHttp2Stream, options: { readonly head: StreamHead; readonly socket: Duplex; readonly hasContent: boolean }) {
    super({ highWaterMark: 64 * 1024 });
    const { head } = options;
    this.#stream = stream;
    this.method = head.method;
    this.rawHeaders = head.headers;
    const length = head.headers[head.headers.findIndex((name, index) => index % 2 === 0 && name === "content-length") + 1];
    this.headers = head.headers.includes("content-length") ? { "content-length": length } : {};
    this.socket = options.socket;
    this.hasContent = options.hasContent;
    stream.on("trailers", (_headers, _flags, raw: readonly string[] = []) => void (this.rawTrailers = raw));
    stream.once("close", () => {
      if (!this.#isComplete) this.destroy();
    });
  }

  get complete(): boolean {
    return this.#isComplete;
  }

  override _read(): void {
    if (this.#isRead) {
      this.#stream.resume();
      return;
    }
    this.#isRead = true;
    this.#stream.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) this.#stream.pause();
    });
    this.#stream.once("end", () => {
      // The end of a stream that was reset, or whose session is gone, looks like any other.
      if (this.#stream.aborted || this.#stream.destroyed || this.#stream.rstCode !== 0) return;
      this.#isComplete = true;
      this.push(null);
    });
  }
}
