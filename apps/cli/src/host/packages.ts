import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";

/** A system package bottle stands on, and the program that shows it is there. */
export interface HostPackage {
  readonly name: string;
  readonly program: string;
  /** The one backend that needs it; absent: all. */
  readonly only?: "bubblewrap";
}

/** What a bottle on this host needs, by Debian's package names. */
export const startPackages: readonly HostPackage[] = [
  { name: "bubblewrap", program: "bwrap", only: "bubblewrap" },
  { name: "util-linux", program: "nsenter", only: "bubblewrap" },
  { name: "bsdutils", program: "script" },
  { name: "perl-base", program: "perl", only: "bubblewrap" },
  { name: "tar", program: "tar" },
  { name: "git", program: "git" },
  { name: "openssh-client", program: "ssh" },
  { name: "tmux", program: "tmux" },
];

const folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** A program of the system's own folders; the operator's PATH may lead into a project. Undefined if it is not there. */
export async function systemProgram(program: string): Promise<string | undefined> {
  const found = await Promise.all(folders.map(async (folder) => {
    const path = join(folder, program);
    return await access(path, constants.X_OK).then(() => path, () => undefined);
  }));
  return found.find((path) => path !== undefined);
}

/** The packages of a list whose program is not there. */
export async function missingPackages(wanted: readonly HostPackage[] = startPackages): Promise<readonly HostPackage[]> {
  const found = await Promise.all(wanted.map(({ program }) => systemProgram(program)));
  return wanted.filter((_, index) => !found[index]);
}

/** The one command that installs packages. */
export function installCommand(packages: readonly HostPackage[], { isRoot }: { readonly isRoot: boolean }): string {
  const install = `apt-get install --yes --no-install-recommends ${packages.map(({ name }) => name).join(" ")}`;
  return isRoot ? `apt-get update && ${install}` : `sudo apt-get update && sudo ${install}`;
}
