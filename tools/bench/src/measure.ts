import { cpus, release, totalmem } from "node:os";

/** What the runs of one contender gave, in their order; times are in milliseconds. */
export interface Series<T = number> {
  readonly name: string;
  readonly samples: readonly T[];
}

/** Runs contenders in turn, A B C A B C …, so that a noisy neighbour hits all alike; the first round only warms up. */
export async function interleave<T>(contenders: readonly { readonly name: string; run(): Promise<T> }[], rounds: number): Promise<readonly Series<T>[]> {
  const samples = new Map<string, T[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of contenders) {
      const sample = await run();
      if (round > 0) samples.get(name)?.push(sample);
    }
  }
  return contenders.map(({ name }) => ({ name, samples: samples.get(name) ?? [] }));
}

/** The value that this share of all, from 0 to 1, stays below; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The lowest and the highest, for people. */
export function range(values: readonly number[], digits: number): string {
  return `${Math.min(...values).toFixed(digits)} – ${Math.max(...values).toFixed(digits)}`;
}

/** A Markdown table of series, each against the one named as measure. */
export function report(series: readonly Series[], measure: string): string {
  const base = median(series.find(({ name }) => name === measure)?.samples ?? []);
  const rows = series.map(({ name, samples }) => [name, median(samples).toFixed(1), range(samples, 1), (median(samples) / base).toFixed(2)]);
  return table(["", "median ms", "range", `against ${measure}`], rows);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** On what it was measured. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;
}
