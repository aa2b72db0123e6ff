import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle exec` */
export const execCommand: MakeCommand = (context, finish) => new Command("exec")
  .description("run a command in a running bottle; without one, a shell")
  .argument("<identity>", "from `bottle list`")
  .argument("[command...]", "program and arguments, after --; a single - reads a shell script from standard input")
  .option("-i, --interactive", "accepted for habit: standard input is always connected", false)
  .option("-t, --tty", "insist on a terminal; without it there is one if this is one", false)
  .option("-T, --no-terminal", "plain pipes even on a terminal")
  .passThroughOptions()
  .addHelpText("after", "\nExamples:\n  $ bottle exec dev-4k2x9 -- git status\n  $ echo 'ls; env' | bottle exec dev-4k2x9 -\n\nThe exit status is the command's own.")
  .action(async (identity: string, command: readonly string[], options: { readonly tty: boolean; readonly terminal: boolean }) => {
    const { execIn } = await import("../services/exec.ts");
    finish(await execIn(context, { identity, command, needsTerminal: options.tty, mayUseTerminal: options.terminal }));
  });

/** `bottle attach` */
export const attachCommand: MakeCommand = (context, finish) => new Command("attach")
  .description("go to the terminal of a detached bottle; Ctrl-\\ leaves it running")
  .argument("<identity>", "from `bottle list`")
  .addHelpText("after", "\nExample:\n  $ bottle attach dev-4k2x9")
  .action(async (identity: string) => {
    const { attach } = await import("../services/detach.ts");
    finish(await attach(context, identity));
  });
