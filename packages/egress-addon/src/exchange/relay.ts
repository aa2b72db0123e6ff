import { createRedactor, redactText, type Redactor } from "@bottle/secret-scan/known";
import type { UpstreamFailure } from "@bottle/way-out";
import type { RefusalReason } from "../policy/refusals.ts";
import type { AnswerControl, AnswerSink } from "../upstream/pools.ts";
import type { ClientResponse } from "./client.ts";
import { answerHeaders } from "./headers.ts";
import { isGrpc, redactMessages } from "./messages.ts";
import type { ExchangeRecord } from "./record.ts";
import { pairs, responseTrailers } from "./trailers.ts";

/** What a relay passes an answer to, and what it hides in it. */
export interface RelayOptions {
  readonly response: ClientResponse;
  readonly record: ExchangeRecord;
  /** The route's credential, in every form that is hidden. */
  readonly secrets: readonly string[];
  /** Whether a compressed answer, in which they could not be found, passes. */
  readonly mayBeEncoded: boolean;
  /** Called for what cannot be passed on. */
  readonly refuse: (reason: RefusalReason) => void;
}

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly headers: string[];
}

const nothing = Buffer.alloc(0);
/** An answer that comes whole in one turn leaves in one write, if it is no longer. */
const mostAtOnceBytes = 16 * 1024;
const mostHeldBytes = 64 * 1024;

/**
 * Passes an upstream's answer to the client as it comes, at the client's pace. The head and what arrives with it leave in one
 * packet; nothing waits until something else has arrived.
 */
export class Relay implements AnswerSink {
  readonly #options: RelayOptions;
  #redactor: Redactor | undefined;
  #control: AnswerControl | undefined;
  #isAborted = false;
  #isDrainAwaited = false;
  /** Not written yet. */
  #head: Head | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Stops the upstream; the client's side is left as it is. */
  abort(): void {
    this.#isAborted = true;
    this.#control?.abort();
  }

  begin(control: AnswerControl): void {
    this.#control = control;
    if (this.#isAborted) control.abort();
  }

  start(status: number, statusText: string, headers: readonly string[]): void {
    if (this.#isAborted || status < 200) return;
    const { response, secrets, mayBeEncoded } = this.#options;
    const { passed, contentTypes, isEncoded, isRecoded } = answerHeaders(headers);
    if (status > 599 || isRecoded) return this.#stop("upstream-broken");
    if (secrets.length > 0) {
      if (!mayBeEncoded && isEncoded && hasBody(status, response)) return this.#stop("response-encoded");
      this.#redactor = isGrpc(contentTypes) ? redactMessages(secrets) : createRedactor(secrets);
    }
    this.#head = cleanHead(secrets, { status, statusText: statusText.replace(/[^\x20-\x7e]/g, ""), headers: passed });
    process.nextTick(() => this.#flush());
  }

  data(chunk: Buffer): void {
    if (this.#isAborted) return;
    this.#options.record.received(chunk.length);
    const parts = this.#clean(chunk);
    if (parts === undefined) return this.#stop("response-encoded");
    for (const part of parts) if (part.length > 0) this.#pass(part);
  }

  sent(bytes: number): void {
    this.#options.record.sent(bytes);
  }

  end(trailers: readonly string[] = []): void {
    if (this.#isAborted) return;
    const { response, secrets } = this.#options;
    const rest = this.#redactor?.flush() ?? nothing;
    const passed = trailers.length === 0 ? [] : responseTrailers(trailers, secrets);
    if (this.#head !== undefined && passed.length === 0 && this.#heldBytes + rest.length <= mostAtOnceBytes) return this.#endAtOnce(rest);
    this.#flush();
    if (this.#isAborted) return;
    if (passed.length > 0) response.addTrailers(pairs(passed));
    response.end(rest.length > 0 ? rest : undefined);
  }

  fail(failure: UpstreamFailure): void {
    if (this.#isAborted) return;
    this.#flush();
    if (failure.resetCode !== undefined) this.#options.response.resetCode = failure.resetCode;
    this.#options.refuse(failure.reason);
  }

  #pass(bytes: Buffer): void {
    if (this.#head === undefined) return this.#write(bytes);
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= mostHeldBytes) this.#flush();
  }

  #stop(reason: RefusalReason): void {
    this.abort();
    this.#options.refuse(reason);
  }

  #clean(chunk: Buffer): readonly Buffer[] | undefined {
    try {
      return this.#redactor?.take(chunk) ?? [chunk];
    } catch {
      return undefined;
    }
  }

  #writeHead(): Head | undefined {
    const head = this.#head;
    const { response } = this.#options;
    this.#head = undefined;
    if (head === undefined || this.#isAborted || response.destroyed) return undefined;
    try {
      response.sendDate = false;
      response.writeHead(head.status, head.statusText, head.headers);
      return head;
    } catch {
      this.#stop("upstream-broken");
      return undefined;
    }
  }

  // One string is one write; as Latin-1, since Node would write a head that goes out alone as UTF-8, and its bytes encoded a second time.
  #endAtOnce(rest: Buffer): void {
    if (this.#writeHead() === undefined) return;
    let text = "";
    for (const part of this.#held) text += part.toString("latin1");
    if (rest.length > 0) text += rest.toString("latin1");
    if (text === "") this.#options.response.end();
    else this.#options.response.end(text, "latin1");
  }

  #flush(): void {
    const head = this.#writeHead();
    if (head === undefined) return;
    const { response } = this.#options;
    for (const part of this.#held.splice(0)) this.#write(part);
    if (this.#heldBytes > 0) return;
    if (!head.headers.some((text) => /[^\0-\x7f]/.test(text))) response.flushHeaders();
    else if (hasBody(head.status, response)) response.write(nothing);
  }

  // Node itself puts together what is written in one turn.
  #write(bytes: Buffer): void {
    const { response } = this.#options;
    if (response.write(bytes)) return;
    this.#control?.pause();
    if (this.#isDrainAwaited) return;
    this.#isDrainAwaited = true;
    response.on("drain", () => this.#control?.resume());
  }
}

// Most heads have nothing to hide, which is seen in one look at all of one.
function cleanHead(secrets: readonly string[], head: Head): Head {
  if (secrets.length === 0) return head;
  const { status, statusText, headers } = head;
  const whole = `${statusText}\n${headers.join("\n")}`;
  if (!secrets.some((secret) => secret !== "" && whole.includes(secret))) return head;
  return { status, statusText: redactText(secrets, statusText), headers: headers.map((text) => redactText(secrets, text)) };
}

function hasBody(status: number, response: ClientResponse): boolean {
  return response.req.method !== "HEAD" && status !== 204 && status !== 304;
}
