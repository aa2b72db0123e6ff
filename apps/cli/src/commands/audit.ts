import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle audit` and its parts. */
export const auditCommand: MakeCommand = (context, finish) => new Command("audit")
  .description("show what is on record of a bottle, and whether the record is whole")
  .addCommand(new Command("verify")
    .description("look for lines of the record that were changed, added, moved or cut off")
    .argument("[identity]", "from `bottle list`")
    .option("--all", "every bottle", false)
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExamples:\n  $ bottle audit verify dev-4k2x9\n  $ bottle audit verify --all\n\nThe exit status is 0 if all are whole, 7 if one is not or nothing proves that it is.")
    .action(async (identity: string | undefined, options: { readonly all: boolean; readonly json: boolean }) => {
      const { auditVerify } = await import("../services/audit-verify.ts");
      finish(await auditVerify(context, { ...options, ...(identity !== undefined && { identity }) }));
    }))
  .addCommand(new Command("show")
    .description("show the record: network, git, credentials, proposals, grants, the bottle's life")
    .argument("<identity>", "from `bottle list`")
    .option("--denied", "only what was refused", false)
    .option("--since <when>", "only from then on: 30m, 2h, 7d, or a date")
    .option("--json", "the records, one JSON object a line", false)
    .addHelpText("after", "\nExample:\n  $ bottle audit show dev-4k2x9 --denied --since 2h")
    .action(async (identity: string, options: { readonly json: boolean; readonly denied: boolean; readonly since?: string }) => {
      const { auditShow } = await import("../services/audit-show.ts");
      finish(await auditShow(context, identity, options));
    }));
