import { lstat, readdir } from "node:fs/promises";
import type { Mount } from "./argv.ts";

// What container engines hide as well: addresses, timers and devices of the host's kernel.
const hidden = new Set([
  "acpi", "asound", "interrupts", "kcore", "key-users", "keys", "kmsg", "kpagecgroup", "kpagecount", "kpageflags", "latency_stats",
  "pagetypeinfo", "sched_debug", "scsi", "slabinfo", "timer_list", "timer_stats", "vmallocinfo",
]);

/**
 * Read-only binds over everything in /proc that belongs to the kernel and not to a process. A bottle started by root
 * runs as the owner of these files, and sysctl asks only for the owner, not for a capability: without the lids the agent
 * could write /proc/sys/kernel/core_pattern and have the host run its program. bubblewrap covers /proc/sys only if the
 * folder itself is writable, which it never is.
 */
export async function readProcLids(): Promise<readonly Mount[]> {
  const names = (await readdir("/proc")).filter((name) => !/^[0-9]+$/.test(name)).sort();
  return (await Promise.all(names.map(lid))).flat();
}

async function lid(name: string): Promise<readonly Mount[]> {
  const path = `/proc/${name}`;
  const stat = await lstat(path).catch(() => undefined);
  if (!stat || stat.isSymbolicLink()) return [];
  if (hidden.has(name)) return [stat.isDirectory() ? { kind: "tmpfs", target: path } : { kind: "ro-bind", source: "/dev/null", target: path }];
  const isSafe = stat.isFile() && (stat.mode & 0o222) === 0;
  return isSafe ? [] : [{ kind: "ro-bind", source: path, target: path }];
}
