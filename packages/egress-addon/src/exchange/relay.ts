import { createRedactor, redactText, type Redactor } from "@bottle/secret-scan/known";
import type { RefusalReason } from "../policy/refusals.ts";
import type { AnswerControl, AnswerSink } from "../upstream/pools.ts";
import type { ClientResponse } from "./client.ts";
import { isEncoded, isRecoded, responseHeaders } from "./headers.ts";
import { isGrpc, redactMessages } from "./messages.ts";
import type { ExchangeRecord } from "./record.ts";
import { pairs, responseTrailers } from "./trailers.ts";

const nothing = Buffer.alloc(0);

/** Passes an upstream's answer to the client as it comes, at the client's pace. */
export interface Relay extends AnswerSink {
  /** Stops the upstream; the client's side is left as it is. */
  abort(): void;
}

/** A relay that hides the route's credential (`secrets`) in headers and body, and calls `refuse` for what cannot be passed on. */
export function createRelay(options: {
  readonly response: ClientResponse;
  readonly record: ExchangeRecord;
  readonly secrets: readonly string[];
  /** Whether a compressed answer, in which they could not be found, passes. */
  readonly mayBeEncoded?: boolean;
  readonly refuse: (reason: RefusalReason) => void;
}): Relay {
  const { response, record, secrets } = options;
  let redactor: Redactor | undefined = secrets.length > 0 ? createRedactor(secrets) : undefined;
  let control: AnswerControl | undefined;
  let isAborted = false;
  const abort = (): void => {
    isAborted = true;
    control?.abort();
  };
  const stop = (reason: RefusalReason): void => {
    abort();
    options.refuse(reason);
  };
  response.on("drain", () => control?.resume());
  response.once("close", () => {
    if (!response.writableFinished) abort();
  });
  const clean = (chunk: Buffer): Buffer | undefined => {
    try {
      return redactor?.push(chunk) ?? chunk;
    } catch {
      return undefined;
    }
  };
  return {
    abort,
    begin(steering) {
      control = steering;
      if (isAborted) steering.abort();
    },
    start(status, statusText, headers) {
      if (isAborted || status < 200) return;
      if (status > 599 || isRecoded(headers)) stop("upstream-broken");
      else if (redactor && options.mayBeEncoded !== true && isEncoded(headers) && hasBody(status, response)) stop("response-encoded");
      else if (!writeHead(response, { status, statusText, headers, secrets })) stop("upstream-broken");
      if (redactor && isGrpc(headers)) redactor = redactMessages(secrets);
    },
    data(chunk) {
      if (isAborted) return;
      record.received(chunk.length);
      corkForThisTurn(response);
      const bytes = clean(chunk);
      if (bytes === undefined) return stop("response-encoded");
      if (bytes.length > 0 && !response.write(bytes)) control?.pause();
    },
    sent: (bytes) => record.sent(bytes),
    end(trailers = []) {
      if (isAborted) return;
      const rest = redactor?.flush();
      // Node writes the last chunk's mark before what is corked, which would then be lost.
      while (response.writableCorked > 0) response.uncork();
      const passed = responseTrailers(trailers, secrets);
      if (passed.length > 0) response.addTrailers(pairs(passed));
      response.end(rest !== undefined && rest.length > 0 ? rest : undefined);
    },
    fail(failure) {
      if (isAborted) return;
      if (failure.resetCode !== undefined) response.resetCode = failure.resetCode;
      options.refuse(failure.reason);
    },
  };
}

function writeHead(response: ClientResponse, head: {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  readonly secrets: readonly string[];
}): boolean {
  const clean = (text: string): string => head.secrets.length === 0 ? text : redactText(head.secrets, text);
  try {
    response.sendDate = false;
    corkForThisTurn(response);
    const headers = responseHeaders(head.headers).map(clean);
    response.writeHead(head.status, clean(head.statusText.replace(/[^\x20-\x7e]/g, "")), headers);
    // Node flushes a bare head as UTF-8, which would encode its bytes a second time; an end, or a body's first bytes, send it as it is.
    if (!headers.some((text) => /[^\0-\x7f]/.test(text))) response.flushHeaders();
    else if (hasBody(head.status, response)) response.write(nothing);
    return true;
  } catch {
    return false;
  }
}

// The head and what arrives with it leave in one packet; nothing waits longer than this turn of the event loop.
function corkForThisTurn(response: ClientResponse): void {
  if (response.writableCorked > 0) return;
  response.cork();
  setImmediate(() => {
    if (response.writableCorked > 0) response.uncork();
  });
}

function hasBody(status: number, response: ClientResponse): boolean {
  return response.req.method !== "HEAD" && status !== 204 && status !== 304;
}
