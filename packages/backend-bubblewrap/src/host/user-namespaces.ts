import { readFile } from "node:fs/promises";

/** What the kernel says of user namespaces, as text of the files; undefined where there is no such file. */
export interface NamespaceFacts {
  /** /proc/sys/kernel/apparmor_restrict_unprivileged_userns (Ubuntu 23.10 and later). */
  readonly appArmor: string | undefined;
  /** /proc/sys/kernel/unprivileged_userns_clone (older Debian). */
  readonly unprivilegedClone: string | undefined;
  /** /proc/sys/user/max_user_namespaces. */
  readonly max: string | undefined;
  /** Whether /proc/self/ns/user exists. */
  readonly isBuiltIn: boolean;
  readonly isRoot: boolean;
}

/** Why a namespace could not be made, and the remedy. */
export interface NamespaceProblem {
  readonly reason: string;
  readonly mend: string;
}

const profile = `printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bottle-unshare /usr/bin/unshare flags=(unconfined) { userns, }\\nprofile bottle-bwrap /usr/bin/bwrap flags=(unconfined) { userns, }\\nprofile bottle-nsenter /usr/bin/nsenter flags=(unconfined) { userns, }\\n' | sudo tee /etc/apparmor.d/bottle && sudo apparmor_parser -r /etc/apparmor.d/bottle`;

/** Reads the facts. */
export async function readNamespaceFacts(): Promise<NamespaceFacts> {
  const read = (path: string): Promise<string | undefined> => readFile(path, "utf8").then((text) => text.trim(), () => undefined);
  const [appArmor, unprivilegedClone, max, map] = await Promise.all([
    read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"), read("/proc/sys/kernel/unprivileged_userns_clone"),
    read("/proc/sys/user/max_user_namespaces"), read("/proc/self/uid_map"),
  ]);
  return { appArmor, unprivilegedClone, max, isBuiltIn: map !== undefined, isRoot: process.getuid?.() === 0 };
}

/** The switch that forbids user namespaces here, if one does. Pure. */
export function forbiddenBy(facts: NamespaceFacts): NamespaceProblem | undefined {
  if (!facts.isBuiltIn) {
    return { reason: "This kernel is built without user namespaces.", mend: "Use a kernel with CONFIG_USER_NS=y, or another backend." };
  }
  if (facts.max === "0") {
    return { reason: "user.max_user_namespaces is 0.", mend: "Run: sudo sysctl -w user.max_user_namespaces=15000" };
  }
  if (facts.isRoot) return undefined;
  if (facts.unprivilegedClone === "0") {
    return { reason: "kernel.unprivileged_userns_clone is 0.", mend: "Run: sudo sysctl -w kernel.unprivileged_userns_clone=1" };
  }
  return undefined;
}

/**
 * Explains a real failure. AppArmor's switch alone is no failure: a profile may allow just these programs. Pure.
 * @param complaint what the tool wrote
 */
export function explainFailure(facts: NamespaceFacts, complaint: string): NamespaceProblem {
  const forbidden = forbiddenBy(facts);
  if (forbidden) return forbidden;
  if (facts.appArmor === "1" && !facts.isRoot) {
    return {
      reason: "AppArmor restricts unprivileged user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu 24.04).",
      mend: `Allow them to bubblewrap, unshare and nsenter alone: ${profile}`,
    };
  }
  return {
    reason: `User namespaces do not work here: ${complaint.trim() || "no reason was given"}`,
    mend: "Inside a container, its seccomp profile or a missing CAP_SYS_ADMIN may forbid them: run bottle on the host, or start the container with --security-opt seccomp=unconfined.",
  };
}
