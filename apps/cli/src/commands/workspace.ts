import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle diff` */
export const diffCommand: MakeCommand = (context, finish) => new Command("diff")
  .description("show what the agent changed in its copy of the workspace")
  .argument("<identity>", "from `bottle list`")
  .option("--json", "as JSON", false)
  .option("--stat", "only the names", false)
  .addHelpText("after", "\nExample:\n  $ bottle diff dev-4k2x9")
  .action(async (identity: string, options: { readonly json: boolean; readonly stat: boolean }) => {
    const { diff } = await import("../services/diff.ts");
    finish(await diff(context, identity, options));
  });

/** `bottle apply` */
export const applyCommand: MakeCommand = (context, finish) => new Command("apply")
  .description("bring the agent's changes home, never over your own newer edits")
  .argument("<identity>", "from `bottle list`")
  .option("-y, --yes", "without asking", false)
  .option("--include-executable-config", "also files that programs on this machine obey (hooks, editor and agent settings)", false)
  .addHelpText("after", "\nExample:\n  $ bottle apply dev-4k2x9")
  .action(async (identity: string, options: { readonly yes: boolean; readonly includeExecutableConfig: boolean }) => {
    const { apply } = await import("../services/apply.ts");
    finish(await apply(context, identity, options));
  });
