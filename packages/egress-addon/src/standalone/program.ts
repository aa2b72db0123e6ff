import { Argument, Command, CommanderError } from "commander";
import { createPlaceholder } from "../credentials/placeholder/create-placeholder.ts";
import { ca } from "./commands/ca.ts";
import { check } from "./commands/check.ts";
import { control, type ControlOrder } from "./commands/control.ts";
import { explain } from "./commands/explain.ts";
import { run } from "./commands/run.ts";
import { nearest } from "./config/nearest.ts";
import { exitStatus, StandaloneError, toRefusal } from "./errors.ts";
import { version } from "./version.ts";
import { quote, visible } from "./visible.ts";
import type { World } from "./world.ts";

const configFlag = ["-c, --config <file>", "the configuration", "egress.yaml"] as const;
const exits = `
Exit statuses:
  0   done; explain: allowed
  1   refused: explain says no, or the running proxy refused an order
  2   the command line or the configuration is wrong
  3   cannot start, or cannot reach the running proxy
  70  a fault of the program's own`;

interface ExplainFlags {
  readonly config: string;
  readonly json: boolean;
  readonly header: readonly string[];
  readonly websocket: boolean;
}

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
  const program = new Command("egress-addon")
    .description("An egress proxy: intercepts TLS, lets out only what a route allows, puts credentials on requests.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => world.out(text.trimEnd()), writeErr: (text) => world.err(text.trimEnd()) })
    .addHelpText("after", exits);
  const add = (name: string, description: string): Command => program.command(name).description(description).option(...configFlag);
  program.command("run", { isDefault: true }).description("run the proxy (the default)").option(...configFlag)
    .action((options: { config: string }) => does(run(world, options)));
  add("check", "check the configuration; starts nothing, makes nothing")
    .action((options: { config: string }) => does(check(world, options)));
  add("explain", "say which route decides a request; sends nothing")
    .argument("<method>").argument("<url>").option("-H, --header <line>", "a header of the request; again for more", collect, [])
    .option("--websocket", "as an upgrade to WebSocket", false).option("--json", "as one line of JSON", false)
    .action((method: string, url: string, options: ExplainFlags) => does(explain(world, { method, url, ...options }, options)));
  add("ca", "make the CA if there is none, and say how to trust it")
    .option("--pem", "print the certificate itself", false).option("--json", "as one line of JSON", false)
    .action((options: { config: string; pem: boolean; json: boolean }) => does(ca(world, options)));
  program.command("placeholder").description("print a new placeholder, for the program to hold in a token's place")
    .action(() => world.out(createPlaceholder()));
  add("control", "reload, freeze, thaw or look at a running proxy")
    .addArgument(new Argument("<order>").choices(["reload", "freeze", "thaw", "status"]))
    .option("-s, --socket <path>", "its control socket; without it, what the configuration says").option("--json", "as one line of JSON", false)
    .action((order: ControlOrder, options: { socket?: string; config: string; json: boolean }) => does(control(world, order, options)));
  return program;
}

// The default command would take it for an argument too many.
function refuseUnknown(word: string | undefined, names: readonly string[]): void {
  if (word === undefined || word.startsWith("-") || [...names, "help"].includes(word)) return;
  const meant = nearest(word, names);
  throw new StandaloneError("usage", `${quote(word)} is not a command.`, { mend: meant === undefined ? `There are: ${names.join(", ")}` : `Did you mean ${meant}?` });
}

function collect(one: string, before: readonly string[]): readonly string[] {
  return [...before, one];
}

function report(world: World, error: unknown): number {
  const refusal = toRefusal(error);
  if (refusal === undefined) {
    world.err(`egress-addon: this is a fault of the program's own: ${error instanceof Error ? String(error.stack) : String(error)}`);
    return exitStatus.internal;
  }
  const lines = (text: string): string => text.split("\n").map(visible).join("\n");
  // Problems of a file start with their place, as compilers write it, for editors to jump to.
  world.err(refusal.code === "config-invalid" ? lines(refusal.message) : `egress-addon: ${lines(refusal.message)}`);
  if (refusal.mend !== undefined) world.err(`  → ${lines(refusal.mend)}`);
  return refusal.status;
}
