import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle list` */
export const listCommand: MakeCommand = (context, finish) => new Command("list")
  .alias("ls")
  .description("show the bottles there are")
  .option("--json", "as JSON", false)
  .addHelpText("after", "\nExample:\n  $ bottle list")
  .action(async (options: { readonly json: boolean }) => {
    const { list } = await import("../services/list.ts");
    finish(await list(context, options));
  });

/** `bottle info` */
export const infoCommand: MakeCommand = (context, finish) => new Command("info")
  .description("say what this machine, or one bottle, gives and does not give")
  .argument("[identity]", "from `bottle list`")
  .option("--json", "as JSON", false)
  .addHelpText("after", "\nExamples:\n  $ bottle info\n  $ bottle info dev-4k2x9")
  .action(async (identity: string | undefined, options: { readonly json: boolean }) => {
    const { info } = await import("../services/info.ts");
    finish(await info(context, identity, options));
  });

/** `bottle logs` */
export const logsCommand: MakeCommand = (context, finish) => new Command("logs")
  .description("show what a bottle asked of the network, and what was answered")
  .argument("<identity>", "from `bottle list`")
  .option("-f, --follow", "go on as it happens", false)
  .option("--denied", "only what was refused", false)
  .option("--json", "one JSON object a line", false)
  .addHelpText("after", "\nExample:\n  $ bottle logs dev-4k2x9 --denied")
  .action(async (identity: string, options: { readonly follow: boolean; readonly denied: boolean; readonly json: boolean }) => {
    const { logs } = await import("../services/logs.ts");
    finish(await logs(context, identity, options));
  });

/** `bottle stop` */
export const stopCommand: MakeCommand = (context, finish) => new Command("stop")
  .description("end a running bottle; its work stays")
  .argument("[identity]", "from `bottle list`")
  .option("--all", "every running bottle", false)
  .addHelpText("after", "\nExample:\n  $ bottle stop dev-4k2x9")
  .action(async (identity: string | undefined, { all }: { readonly all: boolean }) => {
    const { stop } = await import("../services/stop.ts");
    finish(await stop(context, { all, ...(identity !== undefined && { identity }) }));
  });

/** `bottle cleanup` */
export const cleanupCommand: MakeCommand = (context, finish) => new Command("cleanup")
  .description("end and remove what crashed bottles left; work of agents stays")
  .option("-y, --yes", "do it without asking", false)
  .option("--dry-run", "only say what would be done", false)
  .option("--purge <identity>", "delete a stopped bottle with all its work")
  .addHelpText("after", "\nExamples:\n  $ bottle cleanup\n  $ bottle cleanup --purge dev-4k2x9")
  .action(async (options: { readonly yes: boolean; readonly dryRun: boolean; readonly purge?: string }) => {
    const { cleanup } = await import("../services/cleanup.ts");
    finish(await cleanup(context, options));
  });
