import { parseArgs } from "node:util";

/** How much is measured, and of whom. */
export interface EgressBenchOptions {
  readonly rounds: number;
  /** Of one contender's turn. */
  readonly seconds: number;
  /** Of each contender, before anything is measured. */
  readonly warmUpRequests: number;
  readonly freshHosts: number;
  readonly aborts: number;
  /** Also a million requests and 20 000 idle connections. */
  readonly isLong: boolean;
  /** Contenders by name; absent: all. */
  readonly only?: readonly string[];
}

/** Reads `--quick`, `--long`, `--rounds N`, `--seconds N` and `--only NAME,NAME`. @throws TypeError for any other */
export function parseOptions(args: readonly string[]): EgressBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: "boolean" }, long: { type: "boolean" }, rounds: { type: "string" }, seconds: { type: "string" }, only: { type: "string" } },
  });
  const { quick: isQuick = false, long: isLong = false, only } = values;
  return {
    rounds: Number(values.rounds ?? (isQuick ? 2 : 5)),
    seconds: Number(values.seconds ?? (isQuick ? 0.5 : 3)),
    warmUpRequests: isQuick ? 10_000 : 80_000,
    freshHosts: isQuick ? 100 : 500,
    aborts: isQuick ? 5 : 20,
    isLong,
    ...(only === undefined ? {} : { only: only.split(",") }),
  };
}
