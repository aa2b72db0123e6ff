import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { StandaloneError } from "../errors.ts";
import type { ControlOrder } from "./model.ts";

const timeoutMs = 60_000;
const largestAnswer = 1_048_576;

/** An answer of the control socket, as it came and as it was read. */
export interface Answered {
  readonly text: string;
  readonly answer: { readonly ok: true; readonly [key: string]: unknown } | { readonly ok: false; readonly message: string; readonly [key: string]: unknown };
}

/** Asks a running program. @param noun what it is @throws StandaloneError `control-unreachable` */
export async function ask(path: string, order: ControlOrder, noun: string): Promise<Answered> {
  // An import statement would read every export of node:http, one of which loads all of Node's fetch.
  const { request } = process.getBuiltinModule("node:http");
  const asking = request({ socketPath: path, path: `/control/${order}`, method: order === "status" ? "GET" : "POST", headers: { host: "localhost", connection: "close" }, signal: AbortSignal.timeout(timeoutMs) });
  try {
    asking.end();
    const [response] = await once(asking, "response") as [IncomingMessage];
    const text = await readText(response);
    return { text, answer: parseAnswer(text) };
  } catch (cause) {
    throw new StandaloneError("control-unreachable", `No ${noun} answered on ${path}: ${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)}.`, {
      cause, mend: "Is it running, as this user, and is this its operator.control?",
    });
  } finally {
    asking.destroy();
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > largestAnswer) throw new Error("the answer is too long");
  }
  return text;
}

function parseAnswer(text: string): Answered["answer"] {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && "ok" in value) {
    if (value.ok === true) return { ...value, ok: true };
    if ("message" in value && typeof value.message === "string") return { ...value, ok: false, message: value.message };
  }
  throw new Error("the answer is not a control socket's");
}
