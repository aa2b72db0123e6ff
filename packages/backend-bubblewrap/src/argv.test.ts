import { expect, test } from "vitest";
import { bubblewrapArguments, mounts, type View } from "./argv.ts";

const view: View = {
  system: [{ kind: "ro-bind", source: "/usr", target: "/usr" }],
  proc: [{ kind: "ro-bind", source: "/proc/sys", target: "/proc/sys" }],
  home: "/state/agent",
  shown: "/state/shown",
  workspace: "/state/workspace",
  lids: [{ kind: "ro-bind", source: "/state/workspace/.git/hooks", target: "/workspace/.git/hooks" }],
  extra: [{ source: "/node", target: "/opt/bottle/bin/node" }],
};

test("a view is mounted parents first, and the root is read-only at the end", () => {
  expect(mounts(view).map((mount) => `${mount.kind} ${mount.target}`)).toEqual([
    "ro-bind /usr", "proc /proc", "ro-bind /proc/sys", "dev /dev", "tmpfs /tmp", "tmpfs /var/tmp", "tmpfs /run", "bind /home/node",
    "ro-bind /etc/bottle", "ro-bind /opt/bottle/bin/node", "bind /workspace", "ro-bind /workspace/.git/hooks", "remount-ro /etc", "remount-ro /",
  ]);
});

test("without a workspace its path leads to the home", () => {
  const { workspace: _, ...rest } = view;
  expect(mounts(rest)).toContainEqual({ kind: "symlink", source: "/home/node", target: "/workspace" });
});

test("only home and workspace are writable files of the host", () => {
  expect(mounts(view).filter(({ kind }) => kind === "bind").map(({ target }) => target)).toEqual(["/home/node", "/workspace"]);
});

test("every namespace is new but the network's, which the relay holds", () => {
  const args = bubblewrapArguments({ mounts: [], env: { A: "b c" }, seccompFd: 4, infoFd: 5 });
  expect(args).toEqual([
    "--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
    "--uid", "1000", "--gid", "1000", "--hostname", "bottle", "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--as-pid-1",
    "--seccomp", "4", "--info-fd", "5", "--clearenv", "--setenv", "A", "b c", "--chdir", "/",
  ]);
});
