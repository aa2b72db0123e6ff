import type { StateStore } from "@bottle/backend-core";
import { callControl } from "@bottle/sidecars";
import type { Context } from "../context.ts";
import { operatorName } from "../proposals/operator.ts";
import { supervisorOf } from "../proposals/order.ts";
import { takeImage } from "../proposals/take-image.ts";
import { backendNamed } from "../services/backends.ts";
import { stop } from "../services/stop.ts";
import type { Notice, Order } from "./model.ts";

/** An order that is done outside. */
export type OutsideOrder = Exclude<Order, { readonly kind: "quit" }>;

/** What is said while it is done. */
export function describeOrder(order: OutsideOrder): string {
  const verbs: Readonly<Record<OutsideOrder["kind"], string>> = { approve: "Approving", reject: "Rejecting", revoke: "Taking back", freeze: "Freezing", thaw: "Thawing", stop: "Stopping" };
  return `${verbs[order.kind]} ${"id" in order ? order.id : order.identity} …`;
}

/** Does what the operator ordered, and says what came of it; never throws. */
export async function carryOut(context: Context, state: StateStore, order: OutsideOrder): Promise<Notice> {
  try {
    return await orders(context, state, order);
  } catch (error) {
    const mend = error instanceof Error && "mend" in error && typeof error.mend === "string" ? ` ${error.mend}` : "";
    return { tone: "bad", text: `${error instanceof Error ? error.message : String(error)}${mend}` };
  }
}

async function orders(context: Context, state: StateStore, order: OutsideOrder): Promise<Notice> {
  const { identity } = order;
  switch (order.kind) {
    case "freeze": case "thaw":
      return flow(context, state, { kind: order.kind, identity });
    case "stop":
      return { tone: "good", text: await said(context, (quiet) => stop(quiet, { identity, all: false })) };
    case "revoke":
      await (await supervisor(context, state, identity)).revoke({ op: "revoke", proposal: order.id, by: operatorName() });
      return { tone: "good", text: `${order.id} of ${identity} is taken back; what it let through is cut.` };
    case "reject":
      await (await supervisor(context, state, identity)).decide({ op: "reject", proposal: order.id, hash: order.hash, by: operatorName(), ...(order.reason !== undefined && { reason: order.reason }) });
      return { tone: "good", text: `${order.id} is rejected; its agent is told.` };
    case "approve":
      return approve(context, state, order);
  }
}

async function approve(context: Context, state: StateStore, { identity, id, hash, route, uses, forMs }: Extract<Order, { readonly kind: "approve" }>): Promise<Notice> {
  const metadata = await state.read(identity);
  const to = await supervisorOf(context, state, metadata);
  const decided = await to.decide({
    op: "approve", proposal: id, hash, by: operatorName(), ...(route && { route }), ...(uses !== undefined && { uses }),
    ...(forMs !== undefined && { until: new Date(context.now().getTime() + forMs).toISOString() }),
  });
  const { ask } = decided;
  if (decided.state === "failed") return { tone: "bad", text: `${id} was approved and could not be put in force: ${decided.failure ?? ""}. What was before stands.` };
  if (ask.kind !== "capability") return { tone: "good", text: decided.state === "applied" ? `${id} is approved and in force.` : `${id} is ${decided.state}.` };
  await said(context, async (quiet) => {
    await takeImage(quiet, { state, metadata, supervisor: to, id, ask });
    return 0;
  });
  return { tone: "good", text: `${identity} is stopped. \`bottle resume ${identity}\` builds its image and goes on.` };
}

async function flow(context: Context, state: StateStore, { kind, identity }: { readonly kind: "freeze" | "thaw"; readonly identity: string }): Promise<Notice> {
  const backend = await backendNamed(context, state, (await state.read(identity)).backend);
  const reply = await callControl(() => backend.control(identity, context.signal), { op: kind }, { signal: context.signal });
  if (!reply.ok) return { tone: "bad", text: reply.message };
  return { tone: "good", text: kind === "freeze" ? `${identity} is frozen: nothing leaves it. f thaws it.` : `${identity} is thawed.` };
}

async function supervisor(context: Context, state: StateStore, identity: string): Promise<Awaited<ReturnType<typeof supervisorOf>>> {
  return supervisorOf(context, state, await state.read(identity));
}

// What a command says would stand across the screen; its last sentence becomes the notice.
async function said(context: Context, run: (quiet: Context) => Promise<number>): Promise<string> {
  const sentences: string[] = [];
  const hear = (text: string): void => void sentences.push(text);
  await run({ ...context, out: hear, err: hear, isInteractive: false });
  return sentences.at(-1) ?? "";
}
