import { CliError, exitStatus } from "../errors.ts";
import { installCommand, missingPackages, type HostPackage } from "./packages.ts";

/** What `installPackages` needs of the world. */
export interface InstallHost {
  readonly isRoot: boolean;
  readonly say: (line: string) => void;
}

const lockSeconds = 120;

/**
 * Installs packages with apt-get as root on Debian and its kin.
 * @throws CliError `packages-missing` with the one command to run where it cannot
 */
export async function installPackages(packages: readonly HostPackage[], host: InstallHost): Promise<void> {
  const names = packages.map(({ name }) => name);
  const command = installCommand(packages, host);
  const missing = new CliError("packages-missing", `Missing on this machine: ${names.join(", ")}.`, { status: exitStatus.host, mend: `Run: ${command}` });
  const apt = await missingPackages([{ name: "apt", program: "apt-get" }]);
  if (!host.isRoot || apt.length > 0) throw missing;
  const { capture } = await import("../run.ts");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const wait = ["-o", `DPkg::Lock::Timeout=${lockSeconds}`];
  host.say(`Installing ${names.join(", ")} with apt-get …`);
  // A list that can't be refreshed may still hold what is wanted.
  await capture(["apt-get", ...wait, "update"], { env });
  const result = await capture(["apt-get", ...wait, "install", "--yes", "--no-install-recommends", ...names], { env });
  const left = await missingPackages(packages);
  if (left.length === 0) return;
  const said = result.stderr.trim().split("\n").slice(-5).join("\n");
  throw new CliError("packages-missing", `apt-get could not install ${left.map(({ name }) => name).join(", ")}:\n${said}`, { status: exitStatus.host, mend: `Run: ${command}` });
}
