import { CliError, exitStatus } from "../errors.ts";

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The moment that `--since` names, as ISO 8601 in UTC: `45s`, `30m`, `2h` or `7d` before now, or a date in ISO 8601. @throws CliError `usage` */
export function parseSince(text: string, now: Date): string {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const moment = unit === "" ? isoDate(text) : new Date(now.getTime() - Number(count) * (units[unit] ?? 0));
  if (!Number.isNaN(moment.getTime())) return moment.toISOString();
  throw new CliError("usage", `--since does not take "${text.slice(0, 40)}".`, { status: exitStatus.usage, mend: "Write how long ago, as 45s, 30m, 2h or 7d; or when, as 2026-01-02 or 2026-01-02T15:04:05Z." });
}

// Date.parse takes much else, and guesses.
function isoDate(text: string): Date {
  return new Date(/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text) ? text : NaN);
}
