import { execa } from "execa";
import type { CommandResult, CommandRunner } from "@bottle/agents";

/** Runs a program and waits; the one door to execa, loaded only where nothing is in a hurry. */
export const run: CommandRunner = async (argv, { cwd, signal }): Promise<CommandResult> => {
  const [file = "", ...args] = argv;
  const result = await execa(file, args, { cwd, reject: false, stdin: "ignore", ...(signal && { cancelSignal: signal }) });
  if (result.exitCode === undefined) throw result;
  return { exitCode: result.exitCode, stderr: result.stderr };
};

/** The same, with what the program wrote on standard output. */
export async function capture(argv: readonly string[], options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {}): Promise<CommandResult & { readonly stdout: string }> {
  const [file = "", ...args] = argv;
  const result = await execa(file, args, { reject: false, ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }), ...(options.cwd && { cwd: options.cwd }), ...(options.env && { env: options.env }) });
  return { exitCode: result.exitCode ?? 127, stderr: result.stderr ?? "", stdout: result.stdout ?? "" };
}
