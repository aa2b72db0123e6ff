import type { ProgramConfig, ProgramReady } from "../program.ts";

/** What the benchmark told this program. */
export function readConfig(): ProgramConfig {
  return JSON.parse(process.argv[2] ?? "") as ProgramConfig;
}

/** Tells the benchmark that this program listens. */
export function sayReady(ready: ProgramReady): void {
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}
