import { isObject, type Report, unknownKey } from "./check.ts";
import type { DlpAction, EgressRoute } from "./model.ts";

const actions: readonly unknown[] = ["block", "warn", "off"] satisfies readonly DlpAction[];
const keys = ["action", "streaming"];

/** What a route says of secrets in requests, its defaults filled in. */
export interface RouteDlp {
  readonly action: DlpAction;
  /** Whether an upload over the scan's limit may go on unscanned. */
  readonly streaming: boolean;
}

/** A route's `dlp`: `block` and no unscanned rest unless it says otherwise, `off` where nothing can be read. */
export function dlpOf({ dlp, passthrough }: EgressRoute): RouteDlp {
  if (passthrough === true) return { action: "off", streaming: false };
  if (typeof dlp === "object") return { action: dlp.action, streaming: dlp.streaming === true };
  return { action: dlp ?? "block", streaming: false };
}

/** Reports everything that is wrong with a route's `dlp`. */
export function checkDlp(dlp: EgressRoute["dlp"], report: Report): void {
  if (dlp === undefined) return;
  const { action, streaming } = isObject(dlp) ? dlp : { action: dlp };
  const unknown = isObject(dlp) ? unknownKey(dlp, keys) : undefined;
  if (unknown !== undefined) report(`dlp has an unknown key ${unknown}`);
  if (!actions.includes(action)) report(`dlp must be one of ${actions.join(", ")}`);
  if (streaming !== undefined && typeof streaming !== "boolean") report("dlp.streaming must be true or false");
}
