import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { createInterface } from "node:readline";
import { SidecarsError } from "../errors.ts";
import type { ControlReply, ControlRequest } from "./request.ts";

export type { ApproveRequest, ControlReply, ControlRequest, SuperviseFacts, SuperviseRequest } from "./request.ts";

/** A socket's path, or what opens a connection to it, wherever the sidecars run. */
export type ControlAddress = string | (() => Promise<Duplex>);

const timeoutMs = 10_000;
/** Of orders that come into force before they are answered, in the second hop too. */
const longTimeoutMs = 60_000;

/**
 * Gives one order to a bottle's sidecars and returns their answer.
 * @throws SidecarsError `control-failed` if nobody answers
 */
export async function callControl(to: ControlAddress, request: ControlRequest, options: { readonly signal?: AbortSignal } = {}): Promise<ControlReply> {
  const connection = await openControl(to);
  const limitMs = request.op === "approve" || request.op === "revoke" || request.op === "reload" ? longTimeoutMs : timeoutMs;
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      connection.destroy();
      reject(unanswered(to, cause));
    };
    const signal = options.signal ? AbortSignal.any([options.signal, AbortSignal.timeout(limitMs)]) : AbortSignal.timeout(limitMs);
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    if (signal.aborted) fail(signal.reason);
    connection.on("error", fail).once("close", () => fail(new Error("the connection was closed")));
    // It passes on the connection's errors, which are told above already; what is cut off by the connection's end is a line too.
    createInterface({ input: connection }).on("error", () => undefined).once("line", (line) => {
      try {
        resolve(JSON.parse(line) as ControlReply);
        connection.destroy();
      } catch (cause) {
        fail(cause);
      }
    });
    connection.write(`${JSON.stringify(request)}\n`);
  });
}

/** A connection that may still fail. @throws SidecarsError `control-failed` if it cannot be opened */
export async function openControl(to: ControlAddress): Promise<Duplex> {
  if (typeof to === "string") return connect({ path: to });
  const opening = to();
  const late = new AbortController();
  try {
    return await Promise.race([opening, delay(timeoutMs, undefined, { signal: late.signal, ref: false }).then(() => Promise.reject(new Error("it took too long")))]);
  } catch (cause) {
    // One that opens after all is nobody's.
    opening.then((connection) => connection.destroy(), () => undefined);
    throw unanswered(to, cause);
  } finally {
    late.abort();
  }
}

/** What is said where nobody answers. */
export function unanswered(to: ControlAddress, cause: unknown): SidecarsError {
  const where = typeof to === "string" ? ` at ${to}` : "";
  return new SidecarsError("control-failed", `The sidecars do not answer${where}. Is the bottle running? \`bottle list\` shows it.`, { cause });
}
