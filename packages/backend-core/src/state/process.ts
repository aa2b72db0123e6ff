import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** A process that can't be mistaken for a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}

/** Marks a running process; undefined if it is gone. */
export async function markProcess(pid: number): Promise<ProcessMark | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  return stat === undefined ? undefined : parseStat(pid, stat);
}

/** Whether exactly this process still runs. A zombie does not. */
export function isAlive(mark: ProcessMark): boolean {
  try {
    return parseStat(mark.pid, readFileSync(`/proc/${mark.pid}/stat`, "latin1"))?.startTime === mark.startTime;
  } catch {
    return false;
  }
}

// The command in field 2 may hold blanks and parentheses, so fields are counted from the last one (proc(5)).
function parseStat(pid: number, stat: string): ProcessMark | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = fields[19];
  return startTime === undefined || fields[0] === "Z" || fields[0] === "X" ? undefined : { pid, startTime };
}
