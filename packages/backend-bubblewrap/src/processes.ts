import { readFile } from "node:fs/promises";

/** The direct children of a process, by Linux's /proc; none if it is gone. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "latin1").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}
