import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle exec` */
export const execCommand: MakeCommand = (context, finish) => new Command("exec")
  .description("run a command in a running bottle")
  .argument("<identity>", "from `bottle list`")
  .argument("[command...]", "program and arguments, after --; without one, a shell")
  .passThroughOptions()
  .addHelpText("after", "\nExamples:\n  $ bottle exec dev-4k2x9 -- git status\n  $ echo 'ls; env' | bottle exec dev-4k2x9 -- sh\n\nThe exit status is the command's own.")
  .action(async (identity: string, command: readonly string[]) => {
    const { execIn } = await import("../services/exec.ts");
    finish(await execIn(context, identity, command));
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
