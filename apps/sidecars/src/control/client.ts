import { connect } from "node:net";
import { createInterface } from "node:readline";
import { SidecarsError } from "../errors.ts";
import type { ControlReply, ControlRequest } from "./request.ts";

export type { ControlReply, ControlRequest } from "./request.ts";

const timeoutMs = 10_000;

/**
 * Gives one order to a bottle's sidecars and returns their answer.
 * @throws SidecarsError `control-failed` if nobody answers
 */
export function callControl(path: string, request: ControlRequest, options: { readonly signal?: AbortSignal } = {}): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const fail = (cause: unknown): void => {
      socket.destroy();
      reject(new SidecarsError("control-failed", `The sidecars do not answer at ${path}. Is the bottle running? \`bottle list\` shows it.`, { cause }));
    };
    const signal = options.signal ? AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs);
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    socket.once("error", fail).once("close", () => fail(new Error("the connection was closed")));
    createInterface({ input: socket }).once("line", (line) => {
      resolve(JSON.parse(line) as ControlReply);
      socket.destroy();
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}
