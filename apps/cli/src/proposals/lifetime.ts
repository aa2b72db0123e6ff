import type { Lifetime } from "@bottle/manifest";
import { CliError, exitStatus } from "../errors.ts";

/** For how long, as the operator wrote it. */
export interface LifetimeFlags {
  readonly once?: boolean;
  /** `90s`, `30m`, `2h` or `7d`. */
  readonly for?: string;
  readonly uses?: string;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longestMs = 365 * 86_400_000;
const mostUses = 1_000_000;

/** The lifetime that was asked for; empty for as long as the bottle is there. @throws CliError `usage` */
export function lifetimeOf(flags: LifetimeFlags, now: Date): Lifetime {
  if (flags.once === true && flags.uses !== undefined) throw wrong("--once is one use; --uses says how many.", "Leave one of them out.");
  const uses = flags.once === true ? 1 : flags.uses === undefined ? undefined : usesOf(flags.uses);
  const forMs = flags.for === undefined ? undefined : spanOf(flags.for);
  return { ...(forMs !== undefined && { until: new Date(now.getTime() + forMs).toISOString() }), ...(uses !== undefined && { uses }) };
}

/** In words: `for 2 uses, until 2026-01-01T00:00:00.000Z`. */
export function describeLifetime({ until, uses }: Lifetime): string {
  const parts = [...(uses === undefined ? [] : [uses === 1 ? "once" : `${uses} times`]), ...(until === undefined ? [] : [`until ${until}`])];
  return parts.length === 0 ? "for as long as the bottle is there, resumes included" : parts.join(", ");
}

function usesOf(text: string): number {
  const uses = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0;
  if (uses >= 1 && uses <= mostUses) return uses;
  throw wrong(`--uses "${text.slice(0, 40)}" is no number of requests.`, `From 1 to ${mostUses}, for example --uses 3.`);
}

function spanOf(text: string): number {
  const [, count = "", unit = ""] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (unitsMs[unit] ?? 0);
  if (ms > 0 && ms <= longestMs) return ms;
  throw wrong(`--for "${text.slice(0, 40)}" is no length of time.`, "A number with s, m, h or d, up to 365d: for example --for 2h.");
}

function wrong(message: string, mend: string): CliError {
  return new CliError("usage", message, { status: exitStatus.usage, mend });
}
