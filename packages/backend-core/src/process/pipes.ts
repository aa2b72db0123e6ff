import { pipeline } from "node:stream/promises";
import type { Terminal } from "../bottle.ts";
import type { Entered } from "./copy.ts";

/** Joins a program that runs inside with the operator's streams, where those are no terminal. @returns its exit code, once all it wrote has been passed on */
export async function relayPipes({ child, ended }: Entered, terminal: Terminal): Promise<number> {
  const copies = Promise.allSettled([
    child.stdout && pipeline(child.stdout, terminal.output, { end: false }),
    child.stderr && pipeline(child.stderr, terminal.error, { end: false }),
  ]);
  if (child.stdin) terminal.input.pipe(child.stdin);
  const exitCode = await ended.finally(() => child.stdin && terminal.input.unpipe(child.stdin).pause());
  await copies;
  return exitCode;
}
