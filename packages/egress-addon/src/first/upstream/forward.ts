import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher, Pool } from "undici";
import type { RawHeaders } from "../credential.ts";
import { endToEnd, valuesOf } from "../headers.ts";
import { createRedactor, redactText, type Redactor } from "../redact.ts";

/** A request on its way to its upstream. */
export interface Forwarding {
  readonly pool: Pool;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: RawHeaders;
  readonly target: string;
  /** Texts that must not come back; empty without a credential. */
  readonly secrets: readonly string[];
}

/** How it ended. */
export interface Forwarded {
  readonly outcome: "answered" | "unreachable" | "encoded" | "cut";
  readonly status?: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly error?: unknown;
}

/**
 * Streams a request to its upstream and the answer back, with backpressure both ways. A client that goes away ends the
 * upstream's work; an upstream that breaks off cuts the client, so that half an answer never looks whole.
 */
export function forward(forwarding: Forwarding): Promise<Forwarded> {
  return new Promise((resolve) => {
    const { pool, request, response, headers, target, secrets } = forwarding;
    const relay = new Relay(forwarding, resolve);
    const hasBody = valuesOf(request.rawHeaders, "transfer-encoding").length > 0 || Number(valuesOf(request.rawHeaders, "content-length")[0] ?? 0) > 0;
    request.on("data", (chunk: Buffer) => relay.countOut(chunk));
    request.pause();
    request.on("error", () => undefined);
    if (!hasBody) request.resume();
    // An answer in plain can be searched for a reflected credential as it streams.
    const asked = secrets.length === 0 ? headers : [...endToEnd(headers, ["accept-encoding"]), "accept-encoding", "identity"];
    try {
      pool.dispatch({
        path: target, method: (request.method ?? "GET") as Dispatcher.HttpMethod, headers: [...asked],
        body: hasBody ? request : null,
      }, relay);
    } catch (error) {
      relay.onResponseError(undefined, error);
    }
    response.on("close", () => relay.clientClosed());
  });
}

class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #method: string | undefined;
  readonly #secrets: readonly string[];
  readonly #redactor: Redactor | undefined;
  #done: ((result: Forwarded) => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status: number | undefined;
  #out = 0;
  #in = 0;

  constructor({ request, response, secrets }: Forwarding, done: (result: Forwarded) => void) {
    this.#response = response;
    this.#method = request.method;
    this.#secrets = secrets;
    this.#redactor = secrets.length === 0 ? undefined : createRedactor(secrets);
    this.#done = done;
  }

  countOut(chunk: Buffer): void {
    this.#out += chunk.length;
  }

  clientClosed(): void {
    if (!this.#done) return;
    this.#controller?.abort(new Error("the client went away"));
    this.#end("cut");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (!this.#done) controller.abort(new Error("the client went away"));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, statusText?: string): void {
    if (status < 200) return;
    const raw = rawHeaders(controller);
    const isEncoded = valuesOf(raw, "content-encoding").some((value) => value.toLowerCase() !== "identity");
    if (status > 599 || (isEncoded && this.#redactor && this.#method !== "HEAD")) {
      this.#end(isEncoded ? "encoded" : "unreachable");
      controller.abort(new Error("the answer cannot be passed on"));
      return;
    }
    this.#status = status;
    this.#response.on("drain", () => controller.resume());
    this.#response.writeHead(status, (statusText ?? "").replace(/[^\t\x20-\x7e]/g, ""), endToEnd(raw).map((text) => redactText(text, this.#secrets)));
    this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#in += chunk.length;
    const bytes = this.#redactor?.push(chunk) ?? chunk;
    if (bytes.length > 0 && !this.#response.write(bytes)) controller.pause();
  }

  onResponseEnd(): void {
    const rest = this.#redactor?.flush();
    if (!this.#done) return;
    // The result is told before the answer ends, so that "the client closed" is not taken for a cut.
    this.#end("answered");
    this.#response.end(rest);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: unknown): void {
    if (!this.#done) return;
    const wasAnswering = this.#response.headersSent;
    this.#end(wasAnswering ? "cut" : "unreachable", error);
    if (wasAnswering) this.#response.destroy();
  }

  #end(outcome: Forwarded["outcome"], error?: unknown): void {
    const done = this.#done;
    this.#done = undefined;
    done?.({ outcome, bytesOut: this.#out, bytesIn: this.#in, ...(this.#status !== undefined && { status: this.#status }), ...(error !== undefined && { error }) });
  }
}

function rawHeaders(controller: Dispatcher.DispatchController): RawHeaders {
  const raw = controller.rawHeaders ?? [];
  return Array.isArray(raw) ? raw.map((part: Buffer | string) => (typeof part === "string" ? part : part.toString("latin1"))) : Object.entries(raw).flatMap(([name, value]) => [value ?? ""].flat().flatMap((one) => [name, String(one)]));
}
