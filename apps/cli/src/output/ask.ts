import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";

/** Asks for a yes; anything else is a no. @throws CliError `no-terminal` where nobody can be asked */
export async function confirm(context: Context, question: string): Promise<boolean> {
  const answer = await ask(context, `${question} [y/N] `, { isHidden: false });
  return /^y(es)?$/i.test(answer.trim());
}

/** Asks for a secret without showing what is typed. */
export function askSecret(context: Context, name: string): Promise<string> {
  return ask(context, `${name}: `, { isHidden: true });
}

async function ask(context: Context, prompt: string, { isHidden }: { readonly isHidden: boolean }): Promise<string> {
  if (!context.isInteractive) {
    throw new CliError("no-terminal", `Nobody can be asked here: "${prompt.trim()}"`, {
      status: exitStatus.refused, mend: "Run it on a terminal, or agree beforehand with --yes (secrets: use from_env in the manifest).",
    });
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  context.terminal.error.write(prompt);
  const lines = createInterface({ input: context.terminal.input, output: isHidden ? silent : context.terminal.error, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => reject(new CliError("declined", "Not confirmed.", { status: 130 })));
      lines.once("close", () => reject(new CliError("declined", "Not confirmed.", { status: exitStatus.refused })));
    });
  } finally {
    lines.close();
    if (isHidden) context.terminal.error.write("\n");
  }
}
