import { spawn } from "node:child_process";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";

/** Opens a file in the operator's editor and waits for its end. @throws CliError `editor-failed` */
export async function openEditor(context: Context, file: string): Promise<void> {
  const editor = context.env["VISUAL"] || context.env["EDITOR"] || "vi";
  // As git does it: the variable may hold arguments, so a shell reads it.
  const child = spawn("sh", ["-c", `exec ${editor} "$@"`, "sh", file], { stdio: "inherit" });
  const code = await new Promise<number>((resolve) => child.once("error", () => resolve(127)).once("exit", (status) => resolve(status ?? 1)));
  if (code !== 0) throw new CliError("editor-failed", `The editor \`${editor}\` ended with ${code}.`, { status: exitStatus.refused, mend: "Set EDITOR. Nothing was changed." });
}
