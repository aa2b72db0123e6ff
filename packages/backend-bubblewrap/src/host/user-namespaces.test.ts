import { expect, test } from "vitest";
import { explainFailure, forbiddenBy, type NamespaceFacts } from "./user-namespaces.ts";

const good: NamespaceFacts = { appArmor: undefined, unprivilegedClone: undefined, max: "96365", isBuiltIn: true, isRoot: false };

test.each([
  ["nothing", good, undefined],
  ["a kernel without them", { ...good, isBuiltIn: false }, "This kernel is built without user namespaces."],
  ["the switch user.max_user_namespaces", { ...good, max: "0" }, "user.max_user_namespaces is 0."],
  ["Debian's old switch", { ...good, unprivilegedClone: "0" }, "kernel.unprivileged_userns_clone is 0."],
  ["Debian's old switch, for root", { ...good, unprivilegedClone: "0", isRoot: true }, undefined],
  // Ubuntu's own profiles may allow it to bubblewrap all the same: only a trial tells.
  ["AppArmor's switch alone", { ...good, appArmor: "1" }, undefined],
] as const)("%s forbids: %s", (_, facts, reason) => {
  expect(forbiddenBy(facts)?.reason).toBe(reason);
});

test("a failure under Ubuntu's AppArmor is named, with a profile for just the three programs", () => {
  const { reason, mend } = explainFailure({ ...good, appArmor: "1" }, "unshare: write failed /proc/self/uid_map: Operation not permitted");
  expect(reason).toBe("AppArmor restricts unprivileged user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu 24.04).");
  for (const program of ["/usr/bin/bwrap", "/usr/bin/unshare", "/usr/bin/nsenter"]) expect(mend).toContain(program);
  expect(mend).toContain("apparmor_parser -r");
});

test("an unexplained failure shows what the tool said, and the likely container", () => {
  expect(explainFailure(good, "unshare: unshare failed: Operation not permitted\n")).toEqual({
    reason: "User namespaces do not work here: unshare: unshare failed: Operation not permitted",
    mend: "Inside a container, its seccomp profile or a missing CAP_SYS_ADMIN may forbid them: run bottle on the host, or start the container with --security-opt seccomp=unconfined.",
  });
});
