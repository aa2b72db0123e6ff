import type { Command } from "../git/run.ts";
import { tied } from "../git/tied.ts";

/** What gitleaks ends with if it found something: of its own choice it is 1, which any failure ends with too. */
export const foundStatus = 42;

/** Where a run of gitleaks works. All are folders of the gate's own. */
export interface Workplace {
  /** What is looked through; holds nothing but files that the gate wrote. */
  readonly objects: string;
  /** Home and working directory: empty, so that no `.gitleaksignore` and no configuration is found. */
  readonly home: string;
  /** The file that the report is written to. */
  readonly report: string;
}

/**
 * A run over a folder of files (`gitleaks dir`). Only its built-in rules count: no `.gitleaks.toml` and no `.gitleaksignore` is in any
 * of the folders, the environment has no `GITLEAKS_CONFIG`, comments that allow a line (`gitleaks:allow`) are not heeded. The
 * report has no secret in it. It ends with the thread that asked for it. At this level it says how many it found, and what it skipped.
 */
export function scanCommand(program: string, { objects, home, report }: Workplace, signal?: AbortSignal): Command {
  return tied({
    argv: [
      program, "dir", objects, "--no-banner", "--no-color", "--log-level", "warn", "--exit-code", String(foundStatus), "--report-format", "json", "--report-path", report,
      "--redact=100", "--ignore-gitleaks-allow", "--gitleaks-ignore-path", home,
    ],
    ...surroundings(home), ...(signal && { signal }),
  });
}

/** Asks a gitleaks for its version. */
export function versionCommand(program: string, home: string): Command {
  return { argv: [program, "version"], ...surroundings(home) };
}

function surroundings(home: string): Pick<Command, "cwd" | "env"> {
  const env = { PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", HOME: home, XDG_CONFIG_HOME: home, TMPDIR: home, LC_ALL: "C" };
  return { cwd: home, env };
}
