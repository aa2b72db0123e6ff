import { ReadStream, WriteStream } from "node:tty";
import type { Context } from "../context.ts";
import { CliError, exitStatus, Interrupted } from "../errors.ts";
import { openState } from "../services/backends.ts";
import { carryOut, describeOrder } from "./carry-out.ts";
import { layout } from "./layout/layout.ts";
import { createDashboard, type DashboardEvent, type Order, type Size } from "./model.ts";
import { reduce } from "./reduce.ts";
import { watchAll } from "./sources/watch-all.ts";
import { createTally } from "./tally.ts";

const frameMs = 100;
const secondMs = 1000;

/** Shows every bottle on the terminal until the operator leaves. @throws CliError `no-terminal` */
export async function dashboard(context: Context): Promise<number> {
  const { input, output } = terminalOf(context);
  const state = openState(context);
  const now = (): number => context.now().getTime();
  let shown = createDashboard(sizeOf(output), now());
  const tally = createTally();
  const leaving = Promise.withResolvers<number>();
  const { openScreen } = await import("./view/open.ts");
  await using screen = openScreen({
    input, output, hasColour: context.hasColour,
    onKey: (key) => dispatch({ kind: "key", key }), onPaste: (text) => dispatch({ kind: "paste", text }),
  }, layout(shown));
  // Closed before the screen: what it still says has no place to stand then.
  await using watched = watchAll(context, { state, tally, emit: (event) => dispatch(event) });
  const draw = throttled(() => screen.show(layout(shown)), frameMs);
  const onResize = (): void => dispatch({ kind: "size", size: sizeOf(output) });
  output.on("resize", onResize);
  const timers = [
    setInterval(() => {
      const traffic = tally.take();
      if (traffic.length > 0) dispatch({ kind: "traffic", now: now(), traffic });
    }, frameMs),
    setInterval(() => dispatch({ kind: "tick", now: now() }), secondMs),
  ];
  const onAbort = (): void => leaving.resolve(context.signal.reason instanceof Interrupted ? context.signal.reason.status : exitStatus.internal);
  context.signal.addEventListener("abort", onAbort);
  if (context.signal.aborted) onAbort();
  try {
    return await Promise.race([leaving.promise, screen.gone.then(() => exitStatus.ok)]);
  } finally {
    draw.stop();
    for (const timer of timers) clearInterval(timer);
    output.off("resize", onResize);
    context.signal.removeEventListener("abort", onAbort);
  }

  function dispatch(event: DashboardEvent): void {
    const step = reduce(shown, event);
    shown = step.state;
    draw();
    for (const order of step.orders) void give(order);
  }

  async function give(order: Order): Promise<void> {
    if (order.kind === "quit") return leaving.resolve(order.isInterrupted ? new Interrupted("SIGINT").status : exitStatus.ok);
    dispatch({ kind: "notice", notice: { tone: "plain", text: describeOrder(order) } });
    const notice = await carryOut(context, state, order);
    watched.refresh(order.identity);
    dispatch({ kind: "notice", notice });
  }
}

function terminalOf({ terminal, env }: Context): { readonly input: ReadStream; readonly output: WriteStream } {
  const { input, output, isTerminal } = terminal;
  const kind = env["TERM"] ?? "";
  if (isTerminal && kind !== "dumb" && kind !== "" && input instanceof ReadStream && output instanceof WriteStream) return { input, output };
  throw new CliError("no-terminal", isTerminal ? `The dashboard cannot draw on a terminal of kind "${kind}".` : "The dashboard needs a terminal to draw on.", {
    status: exitStatus.refused, mend: "`bottle list` shows the bottles, `bottle proposals` what agents ask for.",
  });
}

function sizeOf({ columns, rows }: WriteStream): Size {
  return { columns: columns || 80, rows: rows || 24 };
}

// At once, then no more often than this.
function throttled(run: () => void, ms: number): (() => void) & { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  const fire = (): void => {
    timer = undefined;
    last = performance.now();
    run();
  };
  const call = (): void => {
    if (!isStopped) timer ??= setTimeout(fire, Math.max(0, last + ms - performance.now()));
  };
  return Object.assign(call, { stop: () => {
    isStopped = true;
    clearTimeout(timer);
  } });
}
