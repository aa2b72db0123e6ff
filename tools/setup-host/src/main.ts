import { installCommand, installPackages, missingPackages, startPackages, type HostPackage } from "@bottle/cli";

/** What the tests stand on besides what a bottle needs. */
const testPackages: readonly HostPackage[] = [
  ...startPackages,
  { name: "curl", program: "curl" },
  { name: "openssl", program: "openssl" },
  { name: "python3-minimal", program: "python3" },
  { name: "procps", program: "ps" },
  { name: "diffutils", program: "diff" },
  { name: "default-jre-headless", program: "keytool" },
];

const usage = `Installs the system packages bottle stands on.
  --for start|test   which ones (default: start)
  --yes              install them as root with apt-get; without it, only say what is missing`;

const args = process.argv.slice(2);
const forTests = args.includes("test");
const isRoot = process.getuid?.() === 0;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (args.includes("--help")) {
  process.stdout.write(`${usage}\n`);
} else {
  const missing = await missingPackages(forTests ? testPackages : startPackages);
  if (missing.length === 0) say("setup-host: everything is there.");
  else await install(missing);
}

async function install(missing: readonly HostPackage[]): Promise<void> {
  if (!args.includes("--yes")) {
    say(`setup-host: missing: ${missing.map(({ name }) => name).join(", ")}.\n  → ${installCommand(missing, { isRoot })}`);
    process.exit(4);
  }
  try {
    await installPackages(missing, { isRoot, say });
  } catch (error) {
    say(`setup-host: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof Error && "mend" in error) say(`  → ${String(error.mend)}`);
    process.exit(4);
  }
}
