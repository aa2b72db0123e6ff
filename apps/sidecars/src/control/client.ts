import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { createInterface } from "node:readline";
import { SidecarsError } from "../errors.ts";
import type { ControlReply, ControlRequest } from "./request.ts";

export type { ApproveRequest, ControlReply, ControlRequest, SuperviseFacts, SuperviseRequest } from "./request.ts";

/** A socket's path, or what opens a connection to it, wherever the sidecars run. */
export type ControlAddress = string | (() => Promise<Duplex>);

const timeoutMs = 10_000;

/**
 * Gives one order to a bottle's sidecars and returns their answer.
 * @throws SidecarsError `control-failed` if nobody answers
 */
export async function callControl(to: ControlAddress, request: ControlRequest, options: { readonly signal?: AbortSignal } = {}): Promise<ControlReply> {
  const connection = typeof to === "string" ? connect({ path: to }) : await to().catch((cause: unknown) => {
    throw unanswered(to, cause);
  });
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      connection.destroy();
      reject(unanswered(to, cause));
    };
    const signal = options.signal ? AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs);
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    connection.once("error", fail).once("close", () => fail(new Error("the connection was closed")));
    createInterface({ input: connection }).once("line", (line) => {
      resolve(JSON.parse(line) as ControlReply);
      connection.destroy();
    });
    connection.write(`${JSON.stringify(request)}\n`);
  });
}

function unanswered(to: ControlAddress, cause: unknown): SidecarsError {
  const where = typeof to === "string" ? ` at ${to}` : "";
  return new SidecarsError("control-failed", `The sidecars do not answer${where}. Is the bottle running? \`bottle list\` shows it.`, { cause });
}
