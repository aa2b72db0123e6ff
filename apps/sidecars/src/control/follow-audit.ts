import type { Duplex } from "node:stream";
import type { AuditRecord } from "@bottle/manifest";
import { parseAuditLine } from "@bottle/manifest/state";
import { SidecarsError } from "../errors.ts";
import { type ControlAddress, openControl, unanswered } from "./client.ts";
import type { ControlReply, FollowRequest } from "./request.ts";

const recordStart = '{"record":';

/**
 * The lines of a running bottle's audit log as they are written, after those that the log's file holds beyond `after`. Ends with the sidecars, or
 * with the signal.
 * @throws SidecarsError `control-failed` if nobody answers, or with their words if they end it: a reader that was too slow, for example
 * @throws ManifestError `audit-line-invalid` for what is no line of a log
 */
export async function* followAudit(to: ControlAddress, { after, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {}): AsyncGenerator<AuditRecord, void, undefined> {
  if (signal?.aborted) return;
  const connection = await openControl(to);
  const stop = (): void => void connection.destroy();
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  const order: FollowRequest = { op: "follow", ...(after !== undefined && { after }) };
  let fault: unknown;
  let isAnswered = false;
  try {
    connection.write(`${JSON.stringify(order)}\n`);
    for await (const line of linesOf(connection, (cause) => void (fault = cause))) {
      if (line.startsWith(recordStart)) {
        yield parseAuditLine(line.slice(recordStart.length, -1));
        continue;
      }
      const reply = JSON.parse(line) as ControlReply;
      if (!reply.ok) throw new SidecarsError("control-failed", reply.message);
      isAnswered = true;
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    connection.destroy();
  }
  if (!isAnswered && signal?.aborted !== true) throw unanswered(to, fault);
}

// However the connection ends, the lines do.
async function* linesOf(connection: Duplex, onFault: (cause: unknown) => void): AsyncGenerator<string, void, undefined> {
  connection.setEncoding("utf8");
  let rest = "";
  const chunks = connection[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<unknown>> => chunks.next().catch((cause: unknown) => {
    onFault(cause);
    return { done: true, value: undefined };
  });
  for (let { value, done } = await next(); done !== true; { value, done } = await next()) {
    const lines = (rest + String(value)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
