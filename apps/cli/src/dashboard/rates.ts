/** Counts of the last minute, by the second they fell into. */
export interface Rates {
  /** Oldest first. */
  readonly seconds: readonly { readonly second: number; readonly allowed: number; readonly denied: number }[];
}

const kept = 60;
const shortSpan = 5;

/** No counts yet. */
export const noRates: Rates = { seconds: [] };

/** Adds what came in at a time (ms), and forgets what is older than a minute. */
export function addCounts(rates: Rates, now: number, { allowed, denied }: { readonly allowed: number; readonly denied: number }): Rates {
  if (allowed === 0 && denied === 0) return rates;
  const second = Math.floor(now / 1000);
  const young = rates.seconds.filter((entry) => entry.second > second - kept && entry.second <= second);
  const last = young.at(-1);
  if (last?.second !== second) return { seconds: [...young, { second, allowed, denied }] };
  return { seconds: [...young.slice(0, -1), { second, allowed: last.allowed + allowed, denied: last.denied + denied }] };
}

/** A second's mean over the last five, and a minute's sum. */
export function ratesAt({ seconds }: Rates, now: number): { readonly perSecond: number; readonly perMinute: number; readonly deniedPerSecond: number; readonly deniedPerMinute: number } {
  const second = Math.floor(now / 1000);
  const sum = (span: number, of: "allowed" | "denied"): number =>
    seconds.reduce((total, entry) => (entry.second > second - span && entry.second <= second ? total + entry[of] : total), 0);
  return {
    perSecond: sum(shortSpan, "allowed") / shortSpan, perMinute: sum(kept, "allowed"),
    deniedPerSecond: sum(shortSpan, "denied") / shortSpan, deniedPerMinute: sum(kept, "denied"),
  };
}
