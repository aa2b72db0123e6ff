import { isIdentity } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { backendNamed, openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

/** What is to run, and where. */
export interface ExecRequest {
  readonly identity: string;
  /** Empty: a shell. `-`: a script from standard input. */
  readonly command: readonly string[];
  readonly needsTerminal: boolean;
  readonly mayUseTerminal: boolean;
}

// All of it is read before any of it runs, so that nothing it starts can swallow the rest.
const scriptReader: readonly string[] = ["/bin/sh", "-c", `eval "$(cat)"`];

/** Runs a program in a running bottle, on this terminal or through pipes. @returns its exit status */
export async function execIn(context: Context, { identity, command, needsTerminal, mayUseTerminal }: ExecRequest): Promise<number> {
  if (needsTerminal && !context.terminal.isTerminal) {
    throw new CliError("no-terminal", "--tty needs a terminal, and this is none.", { status: exitStatus.refused, mend: "Leave --tty out." });
  }
  const state = openState(context);
  const metadata = isIdentity(identity) ? await state.read(identity).catch(() => undefined) : undefined;
  const { backend: name } = metadata ?? (await knownBottle(state, identity)).metadata;
  const backend = await backendNamed(context, state, name);
  await using bottle = await backend.connect(identity);
  const given = command[0] === "--" ? command.slice(1) : command;
  const argv = given.length === 0 ? ["/bin/bash", "-l"] : given.length === 1 && given[0] === "-" ? scriptReader : given;
  const terminal = mayUseTerminal ? context.terminal : { ...context.terminal, input: context.terminal.input, isTerminal: false };
  return await bottle.attach(argv, { terminal, signal: context.signal });
}
