import type { Context } from "./context.ts";
import { report } from "./output/report.ts";

/**
 * `bottle exec IDENTITY -- COMMAND…` without the parser of command lines, which takes as long to load as the entry into a
 * bottle itself. Programs call it in loops. Undefined: any other command line.
 */
export function quickExec(context: Context, [verb, identity, dashes, ...command]: readonly string[]): Promise<number> | undefined {
  if (verb !== "exec" || identity === undefined || identity.startsWith("-") || dashes !== "--" || command.length === 0) return undefined;
  return exec(context, identity, command);
}

async function exec(context: Context, identity: string, command: readonly string[]): Promise<number> {
  try {
    const { execIn } = await import("./services/exec.ts");
    return await execIn(context, { identity, command, needsTerminal: false, mayUseTerminal: true });
  } catch (error) {
    return report(context, error);
  }
}
