import type { Context } from "../context.ts";
import { findProgram, pathFolders } from "../services/find-program.ts";
import { keeperPaths } from "../services/keeper-paths.ts";
import { showMessage } from "../services/tmux.ts";
import { createDesktop } from "./desktop.ts";
import { sentenceOf, type Channel } from "./notice.ts";
import { createWebhook, webhookAddress } from "./webhook.ts";

/**
 * Who is told of a bottle's new proposals: BOTTLE_NOTIFY_WEBHOOK, BOTTLE_NOTIFY_DESKTOP=1, those who look at a detached bottle's terminal, and
 * standard error where no agent has the terminal. On one that an agent has nothing is written: it would land in the midst of what it draws.
 */
export async function channelsOf(context: Context, { identity, isKept }: { readonly identity: string; readonly isKept: boolean }): Promise<readonly Channel[]> {
  const { env } = context;
  const wanted = env["BOTTLE_NOTIFY_WEBHOOK"];
  const address = wanted ? webhookAddress(wanted) : undefined;
  if (wanted && !address) context.err("bottle: BOTTLE_NOTIFY_WEBHOOK is no http or https address; nobody is told by it.");
  const notifySend = env["BOTTLE_NOTIFY_DESKTOP"] === "1" ? await findProgram(pathFolders(env["PATH"]), "notify-send") : undefined;
  if (env["BOTTLE_NOTIFY_DESKTOP"] === "1" && notifySend === undefined) context.err("bottle: BOTTLE_NOTIFY_DESKTOP is set, and there is no notify-send on the PATH.");
  return [
    ...(address ? [createWebhook(address)] : []),
    ...(notifySend === undefined ? [] : [createDesktop(notifySend, env)]),
    ...(isKept ? [onTmux(keeperPaths(context.home, identity).socket)] : []),
    ...(isKept || context.terminal.isTerminal ? [] : [onStandardError(context)]),
  ];
}

function onTmux(socket: string): Channel {
  return { send: (notice) => showMessage(socket, sentenceOf(notice)) };
}

function onStandardError({ err }: Context): Channel {
  return { send: (notice) => Promise.resolve(err(`bottle: ${sentenceOf(notice)}`)) };
}
