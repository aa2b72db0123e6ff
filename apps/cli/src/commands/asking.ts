import { Command } from "commander";
import type { DecideFlags } from "../services/decide.ts";
import type { MakeCommand } from "./index.ts";

/** `bottle proposals` */
export const proposalsCommand: MakeCommand = (context, finish) => {
  const proposals = new Command("proposals")
    .description("show what agents ask for, and decide on it")
    .enablePositionalOptions()
    .option("--all", "also what was decided", false)
    .option("-f, --follow", "go on as it comes", false)
    .option("--json", "as JSON; with --follow one object a line", false)
    .addHelpText("after", "\nExamples:\n  $ bottle proposals\n  $ bottle proposals show p-4k2x9a1b\n  $ bottle proposals approve p-4k --for 2h\n  $ bottle proposals reject p-4k --reason \"the mirror has it\"\n\nAn id may be cut short as long as only one begins so.")
    .action(async (options: { readonly all: boolean; readonly follow: boolean; readonly json: boolean }) => {
      const services = await import("../services/proposals.ts");
      finish(await services.proposals(context, options));
    });
  proposals.command("show")
    .description("show one, with what it would additionally allow")
    .argument("<id>", "from `bottle proposals`")
    .option("--json", "as JSON, as it is kept", false)
    .addHelpText("after", "\nExample:\n  $ bottle proposals show p-4k2x9a1b")
    .action(async (id: string, options: { readonly json: boolean }) => {
      const { showProposalCommand } = await import("../services/proposals.ts");
      finish(await showProposalCommand(context, id, options));
    });
  granting(proposals.command("approve").description("say yes to one, after a look at it"))
    .addHelpText("after", "\nExamples:\n  $ bottle proposals approve p-4k2x9a1b --once\n  $ bottle proposals approve p-4k2x9a1b --hash \"$(bottle proposals show p-4k2x9a1b --json | jq -r .hash)\"\n\nWithout --once, --uses or --for it holds for as long as the bottle is there, resumes included.")
    .action(async (id: string, flags: DecideFlags) => {
      const { approve } = await import("../services/decide.ts");
      finish(await approve(context, id, flags));
    });
  granting(proposals.command("edit").description("change the route that is asked for in your editor, then say yes to that"))
    .addHelpText("after", "\nExample:\n  $ bottle proposals edit p-4k2x9a1b --for 2h")
    .action(async (id: string, flags: DecideFlags) => {
      const { editAndApprove } = await import("../services/decide.ts");
      finish(await editAndApprove(context, id, flags));
    });
  deciding(proposals.command("reject").description("say no to one"))
    .addHelpText("after", "\nExample:\n  $ bottle proposals reject p-4k2x9a1b --reason \"the mirror has it\"")
    .action(async (id: string, flags: DecideFlags) => {
      const { reject } = await import("../services/decide.ts");
      finish(await reject(context, id, flags));
    });
  return proposals;
};

function deciding(command: Command): Command {
  return command
    .argument("<id>", "from `bottle proposals`")
    .option("--hash <hash>", "decide on exactly what has this hash, without asking")
    .option("--reason <text>", "for the agent's eyes")
    .option("--by <name>", "who decides (default: user@host)")
    .option("--json", "print it as JSON, as it is then", false);
}

function granting(command: Command): Command {
  return deciding(command)
    .option("--once", "for one request", false)
    .option("--uses <number>", "for so many requests")
    .option("--for <time>", "for 90s, 30m, 2h or 7d")
    .option("--always", "for good: into the bottle's manifest as well", false);
}

/** `bottle grants` */
export const grantsCommand: MakeCommand = (context, finish) => {
  const grants = new Command("grants")
    .description("show what was granted besides the manifests, and how it is used")
    .enablePositionalOptions()
    .argument("[identity]", "from `bottle list` (default: every bottle)")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExamples:\n  $ bottle grants\n  $ bottle grants revoke p-4k2x9a1b")
    .action(async (identity: string | undefined, options: { readonly json: boolean }) => {
      const services = await import("../services/grants.ts");
      finish(await services.grants(context, identity, options));
    });
  grants.command("revoke")
    .description("take one back; what it let through is cut")
    .argument("<id>", "from `bottle grants`")
    .option("--by <name>", "who decides (default: user@host)")
    .option("--json", "print it as JSON", false)
    .addHelpText("after", "\nExample:\n  $ bottle grants revoke p-4k2x9a1b")
    .action(async (id: string, options: { readonly by?: string; readonly json: boolean }) => {
      const { revoke } = await import("../services/grants.ts");
      finish(await revoke(context, id, options));
    });
  return grants;
};
