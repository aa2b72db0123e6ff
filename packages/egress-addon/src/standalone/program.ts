import { Argument, Command, CommanderError } from "commander";
import { type ControlOrder, exitStatus, refuseUnknownCommand, reportFailure, type World } from "@bottle/standalone";
import { createPlaceholder } from "../credentials/placeholder/create-placeholder.ts";
import { ca } from "./commands/ca.ts";
import { check } from "./commands/check.ts";
import { control } from "./commands/control.ts";
import { explain } from "./commands/explain.ts";
import { run } from "./commands/run.ts";
import { toRefusal } from "./to-refusal.ts";
import { version } from "./version.ts";

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
    refuseUnknownCommand(argv[0], program.commands.map((command) => command.name()));
    await program.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
    return reportFailure(world, error, { program: "egress-addon", toRefusal });
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

function collect(one: string, before: readonly string[]): readonly string[] {
  return [...before, one];
}
