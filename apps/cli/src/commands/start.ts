import { Command, Option } from "commander";
import type { Context } from "../context.ts";
import type { QuickStart } from "../quick-start.ts";
import type { MakeCommand } from "./index.ts";
import { askedBackend } from "../services/asked-backend.ts";
import type { Prestarted } from "../services/prestart.ts";

// How a detached bottle's keeper is told which one; not for people.
function keeperOption(): Option {
  return new Option("--keeper <identity>").hideHelp();
}

/** `bottle start` */
export const startCommand: MakeCommand = (context, finish, begun) => new Command("start")
  .description("start an agent in a new bottle and stay with it")
  .argument("[agent]", "an agent of BOTTLE_HOME or of the trusted project (default: the only one); `demo` is built in")
  .argument("[args...]", "for the agent, after --")
  .option("-y, --yes", "agree to the plan and to installing what is missing", false)
  .option("--dry-run", "show the plan and start nothing", false)
  .option("--json", "with --dry-run: the plan as JSON", false)
  .option("--backend <name>", "auto, bubblewrap or docker (default: BOTTLE_BACKEND, else the manifest's, else auto)")
  .option("--workspace <folder>", "the project's folder, or `none` (default: where you are)")
  .option("--detach", "run it in the background; `bottle attach` goes to it", false)
  .addOption(keeperOption())
  .addHelpText("after", "\nExamples:\n  $ bottle start demo --yes\n  $ bottle start dev --backend docker      in containers, after `bottle images build`\n  $ bottle start dev -- -p \"fix the failing test\"\n\nThe agent's standing instructions are the text of agents/<name>.md. A task is given in the program's own words after --:\nclaude and gemini take -p \"...\", codex exec \"...\", opencode run \"...\".\n\nThe exit status is the agent's own.")
  .action(async (named: string | undefined, args: readonly string[], options: StartFlags) => {
    const agent = named ?? await (await import("../services/only-agent.ts")).onlyAgent(context);
    // A start that is sure to launch has what loads longest load beside everything else. A keeper has its identity already.
    const isSure = options.yes && !options.dryRun && !options.detach;
    const prestarted = isSure ? await beginning(context, { agent, ...options }, begun) : undefined;
    const { start } = await import("../services/start.ts");
    finish(await start(context, { agent, args, ...options, prestarted }));
  });

/** What loads longest, already under way if the command line was plain enough. */
async function beginning(context: Context, { agent, backend: flag, keeper }: Pick<StartFlags, "backend" | "keeper"> & { readonly agent: string }, begun: QuickStart | undefined): Promise<Prestarted | undefined> {
  const backend = askedBackend(context, flag);
  if (begun?.agent === agent && begun.backend === backend && keeper === undefined) return begun.prestarted;
  const { prestart } = await import("../services/prestart.ts");
  return prestart(context, keeper === undefined ? { agent } : { identity: keeper }, backend);
}

interface StartFlags {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly backend?: string;
  readonly workspace?: string;
  readonly detach: boolean;
  readonly keeper?: string;
}

/** `bottle resume` */
export const resumeCommand: MakeCommand = (context, finish) => new Command("resume")
  .description("go on with a bottle that ended, its home and workspace as they were")
  .argument("<identity>", "from `bottle list`")
  .argument("[args...]", "for the agent, after --")
  .option("-y, --yes", "agree to the plan", false)
  .option("--detach", "run it in the background", false)
  .option("--previous-image", "with the image it had before the last one it was granted", false)
  .addOption(keeperOption())
  .addHelpText("after", "\nExample:\n  $ bottle resume dev-4k2x9")
  .action(async (identity: string, args: readonly string[], { yes, detach, previousImage, keeper }: { readonly yes: boolean; readonly detach: boolean; readonly previousImage: boolean; readonly keeper?: string }) => {
    const { resumeBottle } = await import("../services/resume.ts");
    finish(await resumeBottle(context, { identity, args, yes, detach, previousImage, ...(keeper !== undefined && { keeper }) }));
  });
