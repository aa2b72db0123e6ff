import { delimiter } from "node:path";
import { execa } from "execa";

const version = "8.30.1";
const module = "github.com/zricethezav/gitleaks/v8";
// A first build fetches and compiles what it stands on.
const buildMs = 900_000;

/** Whether gitleaks is on PATH. */
export async function hasGitleaks(): Promise<boolean> {
  return (await execa("gitleaks", ["version"], { reject: false })).exitCode === 0;
}

/** How a person installs it. `go install` alone would leave out its version, and one that does not say it is not used. */
export function gitleaksCommand({ isRoot }: { readonly isRoot: boolean }): string {
  return `${isRoot ? "" : "sudo env PATH=$PATH "}${Object.entries(installEnv).map(([name, value]) => `${name}=${value}`).join(" ")} go ${installArgs.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg)).join(" ")}`;
}

/** Installs it with Go's package manager, for everybody. @throws Error if Go is not there, or the module cannot be reached or built */
export async function installGitleaks(say: (line: string) => void): Promise<void> {
  say(`Installing gitleaks ${version} with go install …`);
  const path = [process.env["PATH"] ?? "", "/usr/local/go/bin", "/usr/lib/go/bin"].join(delimiter);
  await execa("go", [...installArgs], { env: { ...installEnv, PATH: path }, timeout: buildMs, stdin: "ignore", all: true });
}

const installEnv = { GOBIN: "/usr/local/bin", CGO_ENABLED: "0" } as const;
const installArgs: readonly string[] = ["install", "-ldflags", `-s -w -X ${module}/version.Version=${version}`, `${module}@v${version}`];
