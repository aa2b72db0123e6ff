import { Argument, Command, CommanderError } from "commander";
import { type ControlOrder, exitStatus, refuseUnknownCommand, reportFailure, type World } from "@bottle/standalone";
import { check } from "./commands/check.ts";
import { control } from "./commands/control.ts";
import { run } from "./commands/run.ts";
import { toRefusal } from "./to-refusal.ts";
import { version } from "./version.ts";

const configFlag = ["-c, --config <file>", "the configuration", "gate.yaml"] as const;
const exits = `
Exit statuses:
  0   done
  1   the running gate refused an order
  2   the command line or the configuration is wrong
  3   cannot start, or cannot reach the running gate
  70  a fault of the program's own`;

/** Runs one command line. @returns the exit status */
export async function runProgram(world: World, argv: readonly string[]): Promise<number> {
  let status: number = exitStatus.ok;
  const does = (work: Promise<number>): Promise<void> => work.then((result) => void (status = result));
  try {
    const program = commandsOf(world, does);
    refuseUnknownCommand(argv[0], program.commands.map((command) => command.name()));
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    return reportFailure(world, error, { program: "git-gate", toRefusal });
  }
}

function commandsOf(world: World, does: (work: Promise<number>) => Promise<void>): Command {
  const program = new Command("git-gate")
    .description("A gate for git pushes: scans every new object, and pushes on to the upstream what is clean.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => world.out(text.trimEnd()), writeErr: (text) => world.err(text.trimEnd()) })
    .addHelpText("after", exits);
  program.command("run", { isDefault: true }).description("run the gate (the default)").option(...configFlag)
    .action((options: { config: string }) => does(run(world, options)));
  program.command("check").description("check the configuration; starts nothing, reaches nothing").option(...configFlag)
    .action((options: { config: string }) => does(check(world, options)));
  program.command("control").description("reload, freeze, thaw or look at a running gate").option(...configFlag)
    .addArgument(new Argument("<order>").choices(["reload", "freeze", "thaw", "status"]))
    .option("-s, --socket <path>", "its control socket; without it, what the configuration says").option("--json", "as one line of JSON", false)
    .action((order: ControlOrder, options: { socket?: string; config: string; json: boolean }) => does(control(world, order, options)));
  return program;
}
