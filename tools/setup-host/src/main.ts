import { installCommand, installPackages, missingPackages, startPackages, type HostPackage } from "@bottle/cli";
import { makeBaseImage } from "./base-image.ts";
import { gitleaksCommand, hasGitleaks, installGitleaks } from "./gitleaks.ts";

/** What the Docker backend and its base image stand on, where the machine has no engine of its own. */
const dockerPackages: readonly HostPackage[] = [
  { name: "docker.io", program: "dockerd" },
  { name: "docker-compose", program: "docker-compose" },
  { name: "iptables", program: "iptables" },
  { name: "debootstrap", program: "debootstrap" },
];

/** What the tests stand on besides what a bottle needs. */
const testPackages: readonly HostPackage[] = [
  ...startPackages,
  ...dockerPackages,
  { name: "curl", program: "curl" },
  { name: "openssl", program: "openssl" },
  { name: "python3-minimal", program: "python3" },
  { name: "procps", program: "ps" },
  { name: "diffutils", program: "diff" },
  { name: "default-jre-headless", program: "keytool" },
  { name: "podman", program: "podman" },
  { name: "runsc", program: "runsc" },
  { name: "tinyproxy-bin", program: "tinyproxy" },
  { name: "openssh-server", program: "sshd" },
  { name: "xz-utils", program: "xz" },
];

/** What the benchmarks' other contenders and their upstream stand on. */
const benchPackages: readonly HostPackage[] = [
  ...startPackages,
  { name: "socat", program: "socat" },
  { name: "ripgrep", program: "rg" },
  { name: "mitmproxy", program: "mitmdump" },
  { name: "nginx", program: "nginx" },
  { name: "util-linux", program: "taskset" },
  { name: "git", program: "git" },
  { name: "openssh-client", program: "ssh" },
  { name: "openssh-server", program: "sshd" },
];

const purposes: Readonly<Record<string, readonly HostPackage[]>> = { start: startPackages, docker: dockerPackages, test: testPackages, bench: benchPackages };

const usage = `Installs the system packages bottle stands on.
  --for start|docker|test|bench   which ones (default: start)
  --yes                           install them as root with apt-get; without it, only say what is missing
Makes a base image from Debian's packages, where no image registry is reachable, and prints its name.
  base-image [--cache FOLDER] [--mirror URL]   as root, with the packages of --for docker`;

const args = process.argv.slice(2);
const isRoot = process.getuid?.() === 0;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const valueOf = (option: string): string | undefined => (args.includes(option) ? args[args.indexOf(option) + 1] ?? "" : undefined);

if (args.includes("--help")) process.stdout.write(`${usage}\n`);
else if (args[0] === "base-image") await baseImage();
else await setUp(valueOf("--for") ?? "start");

async function setUp(purpose: string): Promise<void> {
  const wanted = Object.hasOwn(purposes, purpose) ? purposes[purpose] : undefined;
  if (!wanted) {
    say(`setup-host: "${purpose}" is none of ${Object.keys(purposes).join(", ")}.`);
    process.exit(2);
  }
  const missing = await missingPackages(wanted);
  if (missing.length > 0) await install(missing);
  const lacksGitleaks = purpose === "test" && !await hasGitleaks();
  if (lacksGitleaks) await gitleaks();
  if (missing.length === 0 && !lacksGitleaks) say("setup-host: everything is there.");
}

// Not in Debian; where it cannot be installed the tests that need it fail by name, and all others are as they were.
async function gitleaks(): Promise<void> {
  const command = gitleaksCommand({ isRoot });
  if (!args.includes("--yes") || !isRoot) return say(`setup-host: missing: gitleaks, for the git gate's tests.\n  → ${command}`);
  try {
    await installGitleaks(say);
  } catch (error) {
    say(`setup-host: gitleaks could not be installed, and the git gate's tests that need it will fail: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n  → ${command}`);
  }
}

async function install(missing: readonly HostPackage[]): Promise<void> {
  if (!args.includes("--yes")) {
    say(`setup-host: missing: ${missing.map(({ name }) => name).join(", ")}.\n  → ${installCommand(missing, { isRoot })}`);
    process.exit(4);
  }
  await orSay(() => installPackages(missing, { isRoot, say }));
}

async function baseImage(): Promise<void> {
  const missing = await missingPackages([{ name: "debootstrap", program: "debootstrap" }, { name: "docker.io", program: "docker" }]);
  if (missing.length > 0) await install(missing);
  if (!isRoot) {
    say("setup-host: debootstrap makes the files of root, so only root can run it.\n  → Run it with sudo, or give `bottle images build` a --base of your registry.");
    process.exit(4);
  }
  process.stdout.write(`${await orSay(() => makeBaseImage({ cache: valueOf("--cache"), mirror: valueOf("--mirror"), say }))}\n`);
}

async function orSay<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    say(`setup-host: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof Error && "mend" in error) say(`  → ${String(error.mend)}`);
    process.exit(4);
  }
}
