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

/**
 * Processes of a BOTTLE_HOME whose bottle is not among the known ones and whose parent is gone: a launch was killed before
 * it had noted anything. Younger ones are left alone, their launch may still come to noting itself.
 * @param olderThanMs since the process started
 */
export async function strayProcesses(home: string, { known, olderThanMs }: { readonly known: ReadonlySet<string>; readonly olderThanMs: number }): Promise<number[]> {
  const prefix = `${ownerVariable}=${ownerLabel(home, "")}`;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => {
    const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    const label = environ.split("\0").find((variable) => variable.startsWith(prefix));
    if (label === undefined || known.has(label.slice(prefix.length))) return false;
    const age = await orphanAgeMs(pid);
    return age !== undefined && age >= olderThanMs;
  }));
  return pids.filter((_, index) => found[index]);
}

// proc(5): field 4 of /proc/PID/stat is the parent, 1 once that is gone; field 22 the start in hundredths of a second since boot.
async function orphanAgeMs(pid: number): Promise<number | undefined> {
  const [stat, uptime] = await Promise.all([`/proc/${pid}/stat`, "/proc/uptime"].map((file) => readFile(file, "latin1").catch(() => "")));
  const fields = (stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ");
  if (fields[1] !== "1") return undefined;
  return Number((uptime ?? "").split(" ")[0]) * 1000 - Number(fields[19]) * 10;
}

function startsOrFollowsNul(environ: Buffer, needle: Buffer): boolean {
  const at = environ.indexOf(needle);
  return at === 0 || (at > 0 && environ[at - 1] === 0);
}
