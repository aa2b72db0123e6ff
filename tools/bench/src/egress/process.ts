import { readdir, readFile } from "node:fs/promises";

// USER_HZ, which Linux fixes for programs.
const ticksPerSecond = 100;

/** Processor time that a process and its threads have used, in microseconds. */
export async function cpuMicros(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * (1e6 / ticksPerSecond);
}

/** Resident memory of a process, in MiB. */
export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+([0-9]+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** How many files and sockets a process has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** How many files and sockets this process may open. */
export async function mostFiles(): Promise<number> {
  const limits = await readFile("/proc/self/limits", "utf8");
  return Number(/^Max open files\s+([0-9]+)/m.exec(limits)?.[1] ?? 1024);
}
