import { spawn } from "node:child_process";
import { once } from "node:events";
import type { CommandRunner } from "../install/install.ts";

/** Runs a program with this process's environment. */
export const runCommand: CommandRunner = async (argv, { cwd, signal }) => {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "pipe"], ...(signal === undefined ? {} : { signal }) });
  const said: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const [code] = await once(child, "close") as [number | null];
  return { exitCode: code ?? 1, stderr: Buffer.concat(said).toString("utf8") };
};
