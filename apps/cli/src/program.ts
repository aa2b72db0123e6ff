import { Command, CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import type { Context } from "./context.ts";
import { exitCodesText, exitStatus } from "./errors.ts";
import { report } from "./output/report.ts";
import type { QuickStart } from "./quick-start.ts";

const version = "0.1.0";

/** Runs one command line and resolves to the exit status. @param begun what of it has begun already */
export async function runProgram(context: Context, argv: readonly string[], begun?: QuickStart): Promise<number> {
  let status: number = exitStatus.ok;
  const program = new Command("bottle")
    .description("Runs coding agents at full autonomy in an isolated bottle.")
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.out(text.trimEnd()), writeErr: (text) => context.err(text.trimEnd()) })
    .addHelpText("after", "\nFirst:\n  $ bottle start demo      shows the promises on this machine\n  $ bottle init            writes an agent of your own\n\n`bottle help exit-codes` says what the exit statuses mean.");
  for (const make of commands) {
    const command = make(context, (result) => {
      status = result;
    }, begun);
    program.addCommand(speakingTo(context, command));
  }
  if (argv[0] === "help" && argv[1] === "exit-codes") {
    context.out(exitCodesText);
    return exitStatus.ok;
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    return report(context, error);
  }
}

// Commander passes settings on only to commands it makes itself.
function speakingTo(context: Context, command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: (text) => context.out(text.trimEnd()), writeErr: (text) => context.err(text.trimEnd()) });
  for (const inner of command.commands) speakingTo(context, inner);
  return command;
}
