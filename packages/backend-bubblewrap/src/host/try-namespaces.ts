import { ending, readAll, start } from "@bottle/backend-core";
import type { Availability } from "@bottle/backend-core";
import { loopbackUp } from "../relay/program.ts";
import { explainFailure, readNamespaceFacts } from "./user-namespaces.ts";

/** Makes the namespaces of a bottle for a moment: the relay's outer ones, and bubblewrap's inside of them. */
export async function tryNamespaces(): Promise<Availability> {
  const child = start([
    "unshare", "--user", "--net", "--map-root-user", "--", "/usr/bin/perl", "-e", `${loopbackUp} exec @ARGV`,
    "bwrap", "--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--uid", "1000", "--gid", "1000",
    "--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true",
  ], { stdio: ["ignore", "ignore", "pipe"], label: "trial", detached: true });
  const [complaint, code] = await Promise.all([readAll(child.stderr), ending(child)]);
  if (code === 0) return { available: true, version: "bubblewrap", caveats: [] };
  return { available: false, ...explainFailure(await readNamespaceFacts(), Buffer.from(complaint).toString()) };
}
