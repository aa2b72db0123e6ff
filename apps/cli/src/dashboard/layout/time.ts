/** How long ago: `3 min ago`. @param now milliseconds since 1970 */
export function ago(time: string, now: number): string {
  const span = spanOf(now - Date.parse(time));
  return span === undefined ? "at an unknown time" : `${span} ago`;
}

/** How far ahead: `in 12 min`. */
export function ahead(time: string, now: number): string {
  const left = Date.parse(time) - now;
  const span = spanOf(left);
  if (span === undefined) return "at an unknown time";
  return left <= 0 ? "now" : `in ${span}`;
}

/** A span in the greatest unit that fits: `4 s`, `3 min`, `2 h`, `5 d`. */
export function spanOf(ms: number): string | undefined {
  if (!Number.isFinite(ms)) return undefined;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** The time of day in UTC as the record has it: `12:34:56`. */
export function clock(time: string): string {
  return time.slice(11, 19);
}
