import { nearest } from "./config/nearest.ts";
import { exitStatus, StandaloneError } from "./errors.ts";
import { quote, visible } from "./visible.ts";
import type { World } from "./world.ts";

/** What the operator is told of an error, and the exit status. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly mend?: string | undefined;
  readonly status: number;
}

/** Reads an error; undefined for a fault of the program's own. */
export type ToRefusal = (error: unknown) => Refusal | undefined;

/** Reads what stand-alone programs fail with, and else what the library of one does. */
export function refusals(ofLibrary: ToRefusal): ToRefusal {
  return (error) => (error instanceof StandaloneError ? error : ofLibrary(error));
}

/** Says on standard error why a program ends. @returns the exit status */
export function reportFailure(world: World, error: unknown, { program, toRefusal }: { readonly program: string; readonly toRefusal: ToRefusal }): number {
  const refusal = toRefusal(error);
  if (refusal === undefined) {
    world.err(`${program}: this is a fault of the program's own: ${error instanceof Error ? String(error.stack) : String(error)}`);
    return exitStatus.internal;
  }
  const lines = (text: string): string => text.split("\n").map(visible).join("\n");
  // Problems of a file start with their place, as compilers write it, for editors to jump to.
  world.err(refusal.code === "config-invalid" ? lines(refusal.message) : `${program}: ${lines(refusal.message)}`);
  if (refusal.mend !== undefined) world.err(`  → ${lines(refusal.mend)}`);
  return refusal.status;
}

/** Refuses a word that is no command, which the default command would take for an argument too many. @throws StandaloneError `usage` */
export function refuseUnknownCommand(word: string | undefined, names: readonly string[]): void {
  if (word === undefined || word.startsWith("-") || [...names, "help"].includes(word)) return;
  const meant = nearest(word, names);
  throw new StandaloneError("usage", `${quote(word)} is not a command.`, { mend: meant === undefined ? `There are: ${names.join(", ")}` : `Did you mean ${meant}?` });
}
