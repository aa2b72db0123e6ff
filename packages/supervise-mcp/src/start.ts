import { isAbsolute, join } from "node:path";
import { SuperviseError } from "./errors.ts";
import { startDoor } from "./mcp/door.ts";
import type { Supervise, SuperviseLimits, SuperviseOptions } from "./options.ts";
import { createAsking } from "./queue/ask.ts";
import { createDecisions } from "./queue/decisions.ts";
import { openFiles } from "./queue/files.ts";
import { openQueue } from "./queue/queue.ts";
import { createRefusals } from "./queue/refusals.ts";

// 45 s: a call of a tool may take 60 s with some agents (codex, unless it is told otherwise), more with most.
const defaults: SuperviseLimits = {
  pending: 8, perHour: 60, asksPerMinute: 120, kept: 1000, keptBytes: 16_777_216, waitMs: 45_000, progressMs: 5_000, lifeMs: 86_400_000, settleMs: 3_600_000, rejectionMs: 600_000,
};
const refusalWindow = { alike: 20, windowMs: 60_000 };

/**
 * Opens the queue and starts the server that the agent asks: answers once it listens.
 * @throws SuperviseError `option-invalid`, `queue-failed`, `listen-failed`
 */
export async function startSupervise(options: SuperviseOptions): Promise<Supervise> {
  const { listen, directory, identity, current, tools, heldPush, judge, apply, onEvent, now = Date.now, say = () => undefined } = options;
  const limits = { ...defaults, ...options.limits };
  if (!isAbsolute(directory)) throw new SuperviseError("option-invalid", `The directory of supervise, ${directory}, is not absolute.`);
  await using stack = new AsyncDisposableStack();
  const files = await openFiles({ directory: join(directory, "queue"), identity, say });
  const queue = stack.use(await openQueue({ files, identity, now, record: onEvent, say, limits }));
  const decisions = stack.use(createDecisions({ queue, now, apply, say, settleMs: limits.settleMs }));
  const refusals = stack.use(createRefusals({ record: onEvent, ...refusalWindow }));
  const take = createAsking({ queue, refusals, judge, now, limits });
  const door = stack.use(await startDoor({ listen, desk: { current, tools, heldPush, queue, decisions, refusals, take, limits, say } }));
  const resources = stack.move();
  return {
    address: door.address,
    list: queue.list,
    approve: decisions.approve,
    reject: decisions.reject,
    settle: decisions.settle,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
