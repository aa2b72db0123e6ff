import { type Duplex, Readable } from "node:stream";
import type { ClientRequest } from "../../exchange/client.ts";
import type { PlainHead } from "./read-head.ts";

const noTrailers: readonly string[] = [];
const noContent = {};

/** A plain request of a client's. Its content is read at the reader's pace. */
export class PlainRequest extends Readable implements ClientRequest {
  readonly httpVersion = "1.1";
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers = noTrailers;
  readonly headers: ClientRequest["headers"];
  readonly socket: Duplex;
  #left: number;
  #isTold = false;

  constructor({ method, target, fields }: PlainHead, socket: Duplex) {
    super({ highWaterMark: 64 * 1024 });
    this.method = method;
    this.target = target;
    this.rawHeaders = fields.raw;
    this.headers = fields.length === undefined ? noContent : { "content-length": fields.length };
    this.socket = socket;
    this.#left = Number(fields.length ?? 0);
  }

  get complete(): boolean {
    return this.#left === 0;
  }

  /** Bytes of which the first belong to its content. @returns where the others begin */
  arrived(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#left);
    if (taken === 0) return 0;
    this.#left -= taken;
    const part = taken === bytes.length ? bytes : bytes.subarray(0, taken);
    if (!this.destroyed && !this.push(part) && this.#left > 0) this.socket.pause();
    if (this.#left === 0 && !this.destroyed) this.#tellEnd();
    return taken;
  }

  /** What is still to come of its content is dropped. */
  discard(): void {
    this.destroy();
    this.socket.resume();
  }

  override _read(): void {
    if (this.#left > 0) this.socket.resume();
    // What has no content is told its end when somebody asks.
    else if (!this.#isTold) this.#tellEnd();
  }

  #tellEnd(): void {
    this.#isTold = true;
    this.push(null);
  }
}
