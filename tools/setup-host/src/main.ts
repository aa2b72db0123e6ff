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

/** What the benchmarks' other contender stands on. */
const benchPackages: readonly HostPackage[] = [...startPackages, { name: "socat", program: "socat" }, { name: "ripgrep", program: "rg" }];

const purposes: Readonly<Record<string, readonly HostPackage[]>> = { start: startPackages, test: testPackages, bench: benchPackages };

const usage = `Installs the system packages bottle stands on.
  --for start|test|bench   which ones (default: start)
  --yes                    install them as root with apt-get; without it, only say what is missing`;

const args = process.argv.slice(2);
const purpose = args.includes("--for") ? args[args.indexOf("--for") + 1] ?? "" : "start";
const wanted = Object.hasOwn(purposes, purpose) ? purposes[purpose] : undefined;
const isRoot = process.getuid?.() === 0;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (args.includes("--help")) {
  process.stdout.write(`${usage}\n`);
} else if (!wanted) {
  say(`setup-host: "${purpose}" is none of ${Object.keys(purposes).join(", ")}.`);
  process.exit(2);
} else {
  const missing = await missingPackages(wanted);
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
