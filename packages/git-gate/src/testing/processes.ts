import { readdir, readFile } from "node:fs/promises";

/** Processes of this machine that name a folder in their command or environment, and a text in their command. */
export async function processesOf(folder: string, text: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid))) {
    const [argv = "", env = ""] = await Promise.all(["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "")));
    const command = argv.replaceAll("\0", " ");
    if (command.includes(text) && `${command}${env}`.includes(folder)) found.push(Number(pid));
  }
  return found;
}

/** Kills them. @returns how many */
export async function killProcesses(folder: string, text: string): Promise<number> {
  let killed = 0;
  for (const pid of await processesOf(folder, text)) {
    try {
      process.kill(pid, "SIGKILL");
      killed += 1;
    } catch {
      // It has ended.
    }
  }
  return killed;
}
