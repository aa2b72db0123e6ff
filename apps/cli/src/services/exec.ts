import { isIdentity } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { backendNamed, openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

/** Runs a program in a running bottle, on this terminal or through pipes. @returns its exit status */
export async function execIn(context: Context, identity: string, command: readonly string[]): Promise<number> {
  const state = openState(context);
  const metadata = isIdentity(identity) ? await state.read(identity).catch(() => undefined) : undefined;
  const { backend: name } = metadata ?? (await knownBottle(state, identity)).metadata;
  const backend = await backendNamed(state, name);
  await using bottle = await backend.connect(identity);
  const given = command[0] === "--" ? command.slice(1) : command;
  const argv = given.length > 0 ? given : ["/bin/bash", "-l"];
  return await bottle.attach(argv, { terminal: context.terminal, signal: context.signal });
}
