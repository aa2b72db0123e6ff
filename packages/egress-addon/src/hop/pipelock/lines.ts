import type { ChildEnd } from "./child.ts";

/** What is asked of who runs a pipelock beside, one JSON object a line. `start` comes first, and again after an end. */
export type Order = { readonly order: "start" } | { readonly order: "hang-up" } | { readonly order: "stop" };

/** What is told of that pipelock: each line that it wrote, and its end. */
export type Report =
  | { readonly line: string; readonly from: "stdout" | "stderr" }
  | { readonly ended: ChildEnd };

const orders = ["start", "hang-up", "stop"] as const;

/** Reads an order; undefined for anything else. */
export function readOrder(text: string): Order | undefined {
  const order = orders.find((word) => word === fields(text)["order"]);
  return order && { order };
}

/** Reads a report; undefined for anything else. */
export function readReport(text: string): Report | undefined {
  const { line, from, ended } = fields(text);
  if (typeof line === "string" && (from === "stdout" || from === "stderr")) return { line, from };
  if (typeof ended !== "object" || ended === null) return undefined;
  const { code, signal }: { readonly code?: unknown; readonly signal?: unknown } = ended;
  return { ended: { ...(typeof code === "number" && { code }), ...(typeof signal === "string" && { signal }) } };
}

function fields(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
