import { homePath, shownPath, workspacePath } from "@bottle/backend-core";
import type { ReadOnlyMount } from "@bottle/backend-core";
import { closeInherited, type Architecture } from "./enter.ts";

/** One mount of the bottle, in the order bubblewrap makes them: parents first. */
export type Mount =
  | { readonly kind: "ro-bind" | "ro-bind-try" | "bind"; readonly source: string; readonly target: string }
  | { readonly kind: "symlink"; readonly source: string; readonly target: string }
  | { readonly kind: "tmpfs" | "dir" | "proc" | "dev" | "remount-ro"; readonly target: string };

/** What the agent's view of the files is made of. */
export interface View {
  /** The system's own folders, from `readSystemView`. */
  readonly system: readonly Mount[];
  /** Lids over the parts of /proc that are the kernel's and no process's, from `readProcLids`. */
  readonly proc: readonly Mount[];
  readonly home: string;
  readonly shown: string;
  /** Host folder of the workspace; absent for mode `none`. */
  readonly workspace?: string;
  /** Read-only lids over parts of a bound workspace that the host would run later. */
  readonly lids: readonly Mount[];
  readonly extra: readonly ReadOnlyMount[];
}

/** The mounts of a view, parents first; the root itself is read-only at the end. Pure. */
export function mounts(view: View): readonly Mount[] {
  return [
    ...view.system,
    { kind: "proc", target: "/proc" },
    ...view.proc,
    { kind: "dev", target: "/dev" },
    ...["/tmp", "/var/tmp", "/run"].map((target) => ({ kind: "tmpfs", target }) as const),
    { kind: "bind", source: view.home, target: homePath },
    { kind: "ro-bind", source: view.shown, target: shownPath },
    ...view.extra.map(({ source, target }) => ({ kind: "ro-bind", source, target }) as const),
    view.workspace === undefined
      ? { kind: "symlink", source: homePath, target: workspacePath }
      : { kind: "bind", source: view.workspace, target: workspacePath },
    ...view.lids,
    { kind: "remount-ro", target: "/etc" },
    { kind: "remount-ro", target: "/" },
  ];
}

/** Bubblewrap's arguments, to be given on a descriptor (`--args`), so that no value is ever in argv. Pure. */
export function bubblewrapArguments(options: {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly seccompFd: number;
  readonly infoFd: number;
}): readonly string[] {
  return [
    "--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--uid", "1000", "--gid", "1000", "--hostname", "bottle",
    "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--as-pid-1",
    "--seccomp", String(options.seccompFd), "--info-fd", String(options.infoFd),
    "--clearenv", ...Object.entries(options.env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...options.mounts.flatMap(mountArguments),
    "--chdir", "/",
  ];
}

function mountArguments(mount: Mount): readonly string[] {
  return "source" in mount ? [`--${mount.kind}`, mount.source, mount.target] : [`--${mount.kind}`, mount.target];
}

/**
 * The bottle's first process: reaps orphans and waits. As pid 1 it takes no signal from inside that it does not handle
 * (pid_namespaces(7)), so an agent can't end its bottle by `kill -9 -1`.
 */
export const firstProcess = (arch: Architecture): readonly string[] => [
  "/usr/bin/perl", "-e", `${closeInherited(arch)} $| = 1; print "ready\\n"; open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; \$SIG{CHLD} = sub { 1 while waitpid(-1, 1) > 0 }; sleep 86400 while 1`,
];
