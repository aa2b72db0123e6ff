import type { Context } from "../context.ts";
import { exitStatus, Interrupted, toRefusal } from "../errors.ts";
import { visible } from "./visible.ts";

/** Says what went wrong and what to do next: a sentence for what the operator can mend, a request to report for all else. @returns the exit status */
export function report(context: Context, error: unknown): number {
  const interrupted = context.signal.aborted ? context.signal.reason : error;
  if (interrupted instanceof Interrupted) return interrupted.status;
  const known = toRefusal(error);
  if (known) {
    context.err(`bottle: ${visible(known.message, { keepLines: true })}`);
    if (known.mend !== undefined) context.err(`  → ${visible(known.mend, { keepLines: true })}`);
    return known.status;
  }
  context.err(`bottle: this is a fault in bottle itself: ${visible(error instanceof Error ? error.message : String(error))}`);
  context.err("  → Please report it, with the output of BOTTLE_DEBUG=1 and this command.");
  if (context.env["BOTTLE_DEBUG"] && error instanceof Error) context.err(String(error.stack));
  return exitStatus.internal;
}
