import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { AuditEvent } from "@bottle/manifest";
import type { Running } from "../run-sidecars.ts";
import type { SuperviseOrders } from "../supervise/orders.ts";
import { followLog, type FollowedLog } from "./follow.ts";
import { parseControlRequest, type ControlReply, type ControlRequest, type SuperviseRequest } from "./request.ts";

const maxLineBytes = 4_194_304;

/** Serves the operator's orders on a Unix socket that only its owner can open and no bottle can see. */
export async function startControl(path: string, options: { readonly running: Running; readonly log: FollowedLog; readonly onStop: () => void }): Promise<AsyncDisposable> {
  const startedAt = performance.now();
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on("error", () => socket.destroy()).once("close", () => clients.delete(socket));
    socket.on("data", () => socket.bytesRead > maxLineBytes && socket.destroy());
    // One after the other: an order counts on the one before. Other connections do not wait for it.
    let last = Promise.resolve();
    const lines = createInterface({ input: socket });
    const take = async (line: string): Promise<void> => {
      const request = read(line);
      if ("op" in request && request.op === "follow") {
        lines.close();
        return followLog(socket, options.log, request.after);
      }
      socket.write(`${JSON.stringify("op" in request ? await answer(request, { ...options, startedAt }) : request)}\n`);
    };
    lines.on("line", (line) => {
      last = last.then(() => take(line));
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ path }, resolve));
  return {
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Order = Exclude<ControlRequest, { op: "follow" }>;

interface Context {
  readonly running: Running;
  readonly onStop: () => void;
  readonly startedAt: number;
}

async function answer(request: Order, context: Context): Promise<ControlReply> {
  try {
    const reply = await carryOut(request, context);
    if (changes(request)) context.running.record({ type: "control", op: request.op, outcome: "done" });
    return reply;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.running.record({ type: "control", op: request.op, outcome: "failed", detail: message });
    return { ok: false, message };
  }
}

function read(line: string): ControlRequest | Extract<ControlReply, { ok: false }> {
  try {
    return parseControlRequest(line) ?? { ok: false, message: "This is not an order. Known: health, routes, reload, freeze, thaw, record, follow, stop; and, if the agent may ask, proposals, approve, reject, settle, grants, revoke." };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function changes({ op }: Order): boolean {
  return op === "reload" || op === "freeze" || op === "thaw" || op === "stop";
}

async function carryOut(request: Order, { running, onStop, startedAt }: Context): Promise<ControlReply> {
  const { egress, inForce } = running;
  switch (request.op) {
    case "health":
      return { ok: true, generation: egress.generation, uptimeMs: Math.round(performance.now() - startedAt), ...egress.stats() };
    case "routes":
      return { ok: true, generation: egress.generation };
    case "reload":
      return { ok: true, generation: await inForce.replaceRoutes(request.routes) };
    case "freeze":
      running.freeze();
      return { ok: true };
    case "thaw":
      running.thaw();
      return { ok: true };
    case "record":
      return recordEvent(request.event, running);
    case "stop":
      setImmediate(onStop);
      return { ok: true };
    default:
      if (running.supervise) return supervised(request, running.supervise);
      return { ok: false, message: "The agent of this bottle cannot ask: its manifest has no `supervise: true`." };
  }
}

async function supervised(request: SuperviseRequest, supervise: SuperviseOrders): Promise<ControlReply> {
  switch (request.op) {
    case "proposals":
      return { ok: true, proposals: supervise.proposals() };
    case "grants":
      return { ok: true, grants: supervise.grants() };
    case "approve":
      return { ok: true, proposal: await supervise.approve(request) };
    case "reject":
      return { ok: true, proposal: await supervise.reject(request) };
    case "settle":
      return { ok: true, proposal: await supervise.settle(request) };
    case "revoke":
      await supervise.revoke(request);
      return { ok: true };
  }
}

function recordEvent(event: AuditEvent, running: Running): ControlReply {
  return running.record(event) ? { ok: true } : { ok: false, message: "The audit log cannot be written; the egress is frozen." };
}
