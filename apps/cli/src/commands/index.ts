import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { QuickStart } from "../quick-start.ts";
import { doctorCommand, initCommand, trustCommand, editCommand } from "./setup.ts";
import { auditCommand } from "./audit.ts";
import { cleanupCommand, infoCommand, listCommand, logsCommand, stopCommand } from "./care.ts";
import { grantsCommand, proposalsCommand } from "./asking.ts";
import { applyCommand, diffCommand } from "./workspace.ts";
import { attachCommand, execCommand } from "./enter.ts";
import { imagesCommand } from "./images.ts";
import { resumeCommand, startCommand } from "./start.ts";

/** Makes a command; `finish` takes its exit status. @param begun what of a start has begun already */
export type MakeCommand = (context: Context, finish: (status: number) => void, begun?: QuickStart) => Command;

/** Every command, in the order help shows them. */
export const commands: readonly MakeCommand[] = [
  initCommand, startCommand, resumeCommand, attachCommand, execCommand, listCommand, infoCommand, logsCommand, auditCommand, stopCommand,
  proposalsCommand, grantsCommand, cleanupCommand, diffCommand, applyCommand, editCommand, doctorCommand, trustCommand, imagesCommand,
];
