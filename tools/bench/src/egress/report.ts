import { median, quantile, range, type Series, table } from "../measure.ts";
import { names } from "./contenders.ts";
import type { Fresh } from "./fresh-hosts.ts";
import type { Turn } from "./requests.ts";
import type { Streamed } from "./stream-events.ts";

/** All that one run measured; every list has the contenders in their order. */
export interface Measured {
  readonly fresh: readonly Fresh[];
  readonly small32: readonly Series<Turn>[];
  readonly small1: readonly Series<Turn>[];
  readonly large8: readonly Series<Turn>[];
  readonly streamed: readonly Series<Streamed>[];
  readonly aborted: readonly Series[];
}

type Value<T> = (sample: T) => number;
const perSecond: Value<Turn> = (turn) => turn.perSecond;
const megabytes: Value<Turn> = (turn) => turn.megabytesPerSecond;

/** The tables of a run, in Markdown. */
export function reportEgress(measured: Measured): string {
  return [requestsTable(measured), streamsTable(measured), eventsTable(measured), reachTable(measured)].join("\n\n");
}

function requestsTable({ small32, small1 }: Measured): string {
  const rows = small32.map(({ name, samples }) => {
    const alone = samplesOf(small1, name);
    return [
      name, middle(samples, perSecond, 0), latency(samples), ratio(ratios(small32, name, names.tunnel, perSecond)),
      middle(samples, (turn) => turn.cpuMicrosPerRequest, 0), middle(alone, perSecond, 0), latency(alone), ratio(ratios(small1, name, names.tunnel, perSecond)),
    ];
  });
  return table(["1 KB", "32 connections: requests/s", "p50 / p99 ms", "of the tunnel", "CPU µs per request", "1 connection: requests/s", "p50 / p99 ms", "of the tunnel"], rows);
}

function streamsTable({ large8, fresh, ...others }: Measured): string {
  const base = median(fresh.find(({ name }) => name === names.mitmproxy)?.ms ?? []);
  const rows = fresh.map(({ name, ms, mibBefore, mibAfter }) => {
    const [mid, most] = [0.5, 0.99].map((share) => quantile(ms, share).toFixed(1));
    return [
      name, middle(samplesOf(large8, name), megabytes, 0), ratio(ratios(large8, name, names.tunnel, megabytes)), `${mid} / ${most}`, number(median(ms) / base, 2),
      Number.isNaN(mibBefore) ? "–" : `${mibBefore.toFixed(0)} → ${mibAfter.toFixed(0)}`, String(errorsOf({ large8, fresh, ...others }, name)),
    ];
  });
  const count = Math.max(...fresh.map(({ ms }) => ms.length));
  return table(["", "10 MB × 8: MB/s", "of the tunnel", "first request to a fresh host: p50 / p99 ms", "of mitmproxy", `RSS MiB before → after ${count} hosts`, "errors, lost, mixed up"], rows);
}

function eventsTable({ streamed, aborted }: Measured): string {
  const rows = streamed.map(({ name, samples }) => {
    const added = addedEvents(streamed, name);
    const [head, event] = [samples.flatMap(({ headMs }) => headMs), samples.flatMap(({ eventMs }) => eventMs)];
    return [
      name, pair(head), number(added.head, 2), pair(event), number(added.event, 2), String(samples.reduce((sum, { missing }) => sum + missing, 0)),
      pair(aborted.find((series) => series.name === name)?.samples ?? [], 1),
    ];
  });
  return table(["32 streams, an event every 20 ms each", "head: p50 / p99 ms", "added", "event: p50 / p99 ms", "added", "missing", "abort reaches the upstream: p50 / p99 ms"], rows);
}

function reachTable(measured: Measured): string {
  const { small32, large8, fresh, streamed } = measured;
  const freshMs = (name: string): number => median(fresh.find((one) => one.name === name)?.ms ?? []);
  const added = addedEvents(streamed, names.block);
  const goals: readonly (readonly [what: string, goal: string, reached: readonly number[], isEnough: (value: number) => boolean])[] = [
    ["1 KB × 32, DLP off, of the tunnel", "≥ 0.60", ratios(small32, names.off, names.tunnel, perSecond), (value) => value >= 0.6],
    ["1 KB × 32, DLP block, of the tunnel", "≥ 0.45", ratios(small32, names.block, names.tunnel, perSecond), (value) => value >= 0.45],
    ["1 KB × 32, DLP block, of mitmproxy", "≥ 17", ratios(small32, names.block, names.mitmproxy, perSecond), (value) => value >= 17],
    ["10 MB × 8, DLP block, of the tunnel", "≥ 0.50", ratios(large8, names.block, names.tunnel, megabytes), (value) => value >= 0.5],
    [`first request, DLP block, ms (${number(freshMs(names.direct), 2)} without a proxy)`, "≤ 4.4", [freshMs(names.block)], (value) => value <= 4.4],
    ["first request, DLP block, of mitmproxy", "≤ 0.60", [freshMs(names.block) / freshMs(names.mitmproxy)], (value) => value <= 0.6],
    ["head of a stream, DLP block, added ms", "< 1", [added.head], (value) => value < 1],
    ["event, DLP block, added ms", "< 1", [added.event], (value) => value < 1],
    ["errors, lost, mixed up, DLP block and off", "0", [[names.block, names.off].reduce((sum, name) => sum + errorsOf(measured, name), 0)], (value) => value === 0],
  ];
  const rows = goals.map(([what, goal, reached, isEnough]) => {
    const value = median(reached);
    return [what, goal, number(value, 2), reached.length > 1 ? range(reached, 2) : "", Number.isNaN(value) ? "not run" : isEnough(value) ? "yes" : "**no**"];
  });
  return table(["reach", "", "median", "range", "reached"], rows);
}

/** What a contender adds to the medians of the direct way. */
function addedEvents(streamed: readonly Series<Streamed>[], name: string): { readonly head: number; readonly event: number } {
  const middles = (who: string): readonly [number, number] => {
    const samples = samplesOf(streamed, who);
    return [median(samples.flatMap(({ headMs }) => headMs)), median(samples.flatMap(({ eventMs }) => eventMs))];
  };
  const [[head, event], [directHead, directEvent]] = [middles(name), middles(names.direct)];
  return { head: head - directHead, event: event - directEvent };
}

/** Round by round, since both sides of a ratio had the same neighbours then. */
function ratios<T>(series: readonly Series<T>[], name: string, base: string, value: Value<T>): readonly number[] {
  const bases = samplesOf(series, base);
  return samplesOf(series, name).flatMap((sample, index) => {
    const other = bases[index];
    return other === undefined ? [] : [value(sample) / value(other)];
  });
}

function errorsOf({ small32, small1, large8, fresh, streamed }: Omit<Measured, "aborted">, name: string): number {
  const turns = [small32, small1, large8].flatMap((series) => samplesOf(series, name)).map(({ errors }) => errors);
  const others = [...fresh.filter((one) => one.name === name).map(({ errors }) => errors), ...samplesOf(streamed, name).map(({ missing }) => missing)];
  return [...turns, ...others].reduce((sum, count) => sum + count, 0);
}

function samplesOf<T>(series: readonly Series<T>[], name: string): readonly T[] {
  return series.find((one) => one.name === name)?.samples ?? [];
}

function middle<T>(samples: readonly T[], value: Value<T>, digits: number): string {
  const values = samples.map(value);
  return Number.isNaN(median(values)) ? "–" : `${median(values).toFixed(digits)} (${range(values, digits)})`;
}

function latency(samples: readonly Turn[]): string {
  return `${median(samples.map(({ p50Ms }) => p50Ms)).toFixed(2)} / ${median(samples.map(({ p99Ms }) => p99Ms)).toFixed(2)}`;
}

function ratio(values: readonly number[]): string {
  return values.length === 0 ? "–" : `${median(values).toFixed(2)} (${range(values, 2)})`;
}

function pair(values: readonly number[], digits = 2): string {
  return values.length === 0 ? "–" : `${median(values).toFixed(digits)} / ${quantile(values, 0.99).toFixed(digits)}`;
}

function number(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}
