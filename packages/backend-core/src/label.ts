import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

/** The environment variable that labels every process bottle starts on a host. */
export const ownerVariable = "BOTTLE_OWNED";

/** The label of one bottle: it names the state directory's owner without telling where it is. */
export function ownerLabel(home: string, identity: string): string {
  return `${createHash("sha256").update(home).digest("hex").slice(0, 12)}:${identity}`;
}

/** Processes of this user whose environment bears the label. Linux: /proc/PID/environ. */
export async function labelledProcesses(label: string): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const pids = entries.filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const needle = Buffer.from(`${ownerVariable}=${label}\0`);
  const found = await Promise.all(pids.map(async (pid) => {
    if (pid === process.pid) return false;
    const environ = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0));
    return startsOrFollowsNul(environ, needle);
  }));
  return pids.filter((_, index) => found[index]);
}

function startsOrFollowsNul(environ: Buffer, needle: Buffer): boolean {
  const at = environ.indexOf(needle);
  return at === 0 || (at > 0 && environ[at - 1] === 0);
}
