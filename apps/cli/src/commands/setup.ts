import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle init` */
export const initCommand: MakeCommand = (context, finish) => new Command("init")
  .description("write an agent and its bottle, with narrow routes")
  .argument("[name]", "the agent's name", "dev")
  .option("--kind <kind>", "claude, codex, gemini, opencode, shell, command", "claude")
  .option("--project", "into this folder's .bottle, not into BOTTLE_HOME", false)
  .addHelpText("after", "\nExample:\n  $ bottle init dev --kind claude")
  .action(async (name: string, options: { readonly kind: string; readonly project: boolean }) => {
    const { init } = await import("../services/init.ts");
    finish(await init(context, { name, ...options }));
  });

/** `bottle edit` */
export const editCommand: MakeCommand = (context, finish) => new Command("edit")
  .description("edit a manifest; it replaces the old one only if it is valid")
  .argument("<what>", "agent or bottle")
  .argument("<name>", "its name")
  .addHelpText("after", "\nExample:\n  $ bottle edit bottle dev")
  .action(async (what: string, name: string) => {
    const { edit } = await import("../services/edit.ts");
    finish(await edit(context, { what, name }));
  });

/** `bottle doctor` */
export const doctorCommand: MakeCommand = (context, finish) => new Command("doctor")
  .description("look whether bottles can run here, and say the mend where not")
  .option("--backend <name>", "only what this backend needs: bubblewrap or docker; it ends with 4 if that one cannot run")
  .option("--json", "as JSON", false)
  .addHelpText("after", "\nExamples:\n  $ bottle doctor\n  $ bottle doctor --backend docker")
  .action(async (options: { readonly json: boolean; readonly backend?: string }) => {
    const { doctor } = await import("../services/doctor.ts");
    finish(await doctor(context, options));
  });

/** `bottle trust` */
export const trustCommand: MakeCommand = (context, finish) => new Command("trust")
  .description("trust this project's .bottle manifests, as they are now")
  .argument("[folder]", "the project's folder (default: where you are)")
  .option("-y, --yes", "without asking", false)
  .option("--revoke", "trust it no longer", false)
  .option("--list", "show what is trusted", false)
  .addHelpText("after", "\nExample:\n  $ bottle trust")
  .action(async (folder: string | undefined, options: { readonly yes: boolean; readonly revoke: boolean; readonly list: boolean }) => {
    const { trust } = await import("../services/trust-command.ts");
    finish(await trust(context, { ...options, ...(folder !== undefined && { folder }) }));
  });
