import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle dashboard` */
export const dashboardCommand: MakeCommand = (context, finish) => new Command("dashboard")
  .description("watch every bottle on one screen, and decide what agents ask")
  .addHelpText("after", "\nExample:\n  $ bottle dashboard\n\nIn it ? shows the keys, q leaves; the bottles go on.")
  .action(async () => {
    const { dashboard } = await import("../dashboard/dashboard.ts");
    finish(await dashboard(context));
  });
