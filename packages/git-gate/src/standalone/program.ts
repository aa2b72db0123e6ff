import { Command, CommanderError } from "commander";
import { check } from "./commands/check.ts";
import { run } from "./commands/run.ts";
import { nearest } from "./config/nearest.ts";
import { exitStatus, StandaloneError, toRefusal } from "./errors.ts";
import { version } from "./version.ts";
import { quote, visible } from "./visible.ts";
import type { World } from "./world.ts";

const configFlag = ["-c, --config <file>", "the configuration", "gate.yaml"] as const;
const exits = `
Exit statuses:
  0   done
  2   the command line or the configuration is wrong
  3   cannot start
  70  a fault of the program's own`;

/** Runs one command line. @returns the exit status */
export async function runProgram(world: World, argv: readonly string[]): Promise<number> {
  let status: number = exitStatus.ok;
  const does = (work: Promise<number>): Promise<void> => work.then((result) => void (status = result));
  try {
    const program = commandsOf(world, does);
    refuseUnknown(argv[0], program.commands.map((command) => command.name()));
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    return report(world, error);
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
  return program;
}

// The default command would take it for an argument too many.
function refuseUnknown(word: string | undefined, names: readonly string[]): void {
  if (word === undefined || word.startsWith("-") || [...names, "help"].includes(word)) return;
  const meant = nearest(word, names);
  throw new StandaloneError("usage", `${quote(word)} is not a command.`, { mend: meant === undefined ? `There are: ${names.join(", ")}` : `Did you mean ${meant}?` });
}

function report(world: World, error: unknown): number {
  const refusal = toRefusal(error);
  if (refusal === undefined) {
    world.err(`git-gate: this is a fault of the program's own: ${error instanceof Error ? String(error.stack) : String(error)}`);
    return exitStatus.internal;
  }
  const lines = (text: string): string => text.split("\n").map(visible).join("\n");
  // Problems of a file start with their place, as compilers write it, for editors to jump to.
  world.err(refusal.code === "config-invalid" ? lines(refusal.message) : `git-gate: ${lines(refusal.message)}`);
  if (refusal.mend !== undefined) world.err(`  → ${lines(refusal.mend)}`);
  return refusal.status;
}
