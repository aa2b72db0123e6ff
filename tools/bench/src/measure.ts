import { cpus, release, totalmem } from "node:os";

/** Times of one contender, in milliseconds. */
export interface Series {
  readonly name: string;
  readonly times: readonly number[];
}

/** Runs contenders in turn, A B C A B C …, so that a noisy neighbour hits all alike; the first round only warms up. */
export async function interleave(contenders: readonly { readonly name: string; run(): Promise<number> }[], rounds: number): Promise<readonly Series[]> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of contenders) {
      const time = await run();
      if (round > 0) times.get(name)?.push(time);
    }
  }
  return contenders.map(({ name }) => ({ name, times: times.get(name) ?? [] }));
}

/** The middle one. */
function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A Markdown table of series, each against the one named as measure. */
export function report(series: readonly Series[], measure: string): string {
  const base = median(series.find(({ name }) => name === measure)?.times ?? []);
  const rows = series.map(({ name, times }) => `| ${name} | ${median(times).toFixed(1)} | ${Math.min(...times).toFixed(1)} – ${Math.max(...times).toFixed(1)} | ${(median(times) / base).toFixed(2)} |`);
  return [`| | median ms | range | against ${measure} |`, "|---|---|---|---|", ...rows].join("\n");
}

/** On what it was measured. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;
}
