const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000]] as const;

/** A span of time in one number, rounded down: `3d`, `2h`, `5m`, `12s`. */
export function span(ms: number): string {
  for (const [name, unit] of units) if (ms >= unit) return `${Math.floor(ms / unit)}${name}`;
  return `${Math.max(0, Math.floor(ms / 1000))}s`;
}

/** How long ago an ISO 8601 time was. */
export function ageOf(time: string, now: Date): string {
  return span(now.getTime() - Date.parse(time));
}
