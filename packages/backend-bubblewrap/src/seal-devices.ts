import { readFile } from "node:fs/promises";
import { ending, start } from "@bottle/backend-core";

// mount(2): MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_NODIRATIME, MS_RELATIME; MS_REMOUNT | MS_BIND.
const flags: Readonly<Record<string, number>> = {
  ro: 1, nosuid: 2, nodev: 4, noexec: 8, noatime: 1024, nodiratime: 2048, relatime: 2_097_152,
};
const remountReadOnly = 32 | 4096 | 1;
const mountNumber = { x64: 165, arm64: 40 } as const;

/**
 * Makes the device nodes' mounts read-only. The nodes are the host's own, and the agent of a bottle that root started
 * owns them: without this it could chmod the host's /dev/null. Writing to a device needs no writable mount, so nothing
 * else changes. bubblewrap cannot do it: its read-only remount also forbids devices.
 * @returns false if a node stays as it was; the launch must then end
 */
export async function sealDevices(options: { readonly relay: number; readonly first: number; readonly label: string }): Promise<boolean> {
  if (process.getuid?.() !== 0) return true;
  const number = mountNumber[process.arch as keyof typeof mountNumber];
  const devices = deviceMounts(await readFile(`/proc/${options.first}/mountinfo`, "utf8"));
  if (number === undefined || devices.length === 0) return false;
  // Perl's syscall wants variables where the kernel might write.
  const seal = `sub seal { my ($path, $flag) = @_; my $none = "none"; syscall(${number}, $none, $path, $none, $flag, 0) == 0 or exit 1 }`;
  const remounts = devices.map(({ path, flag }) => `seal("${path}", ${flag | remountReadOnly});`);
  const child = start([
    "nsenter", "--target", String(options.relay), "--user", "--preserve-credentials", "--",
    "nsenter", "--target", String(options.first), "--mount", "--preserve-credentials", "--",
    "/usr/bin/perl", "-e", [seal, ...remounts].join(" "),
  ], { stdio: "ignore", label: options.label, detached: true });
  return await ending(child) === 0;
}

/** The nodes bubblewrap bound into /dev, with the flags their mounts have (proc(5), mountinfo). Pure. */
export function deviceMounts(mountinfo: string): readonly { readonly path: string; readonly flag: number }[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [, , , , path = "", options = ""] = line.split(" ");
    if (!/^\/dev\/[a-z]+$/.test(path) || path === "/dev/pts" || path === "/dev/shm" || path === "/dev/mqueue") return [];
    return [{ path, flag: options.split(",").reduce((sum, name) => sum | (flags[name] ?? 0), 0) }];
  });
}
