import { AgentsError } from "../errors.ts";
import type { AgentKind, Target } from "../model.ts";

/** Where the folder of programs is seen inside, on every backend. */
export const insideProgramsPath = "/opt/bottle/programs";

/** What an installation will do and where its result is. Plain data. */
export interface InstallPlan {
  /** `name@version`, for people. */
  readonly package: string;
  /** Absolute host folder that the installation ends up in; to be shown read-only at `insidePath`. */
  readonly directory: string;
  readonly insidePath: string;
  /** The program, from `directory`. */
  readonly entry: string;
  /** npm's argv, run in a folder that is renamed to `directory` afterwards. */
  readonly argv: readonly string[];
  /** What starts the program inside: its absolute path, after `node` where it is JavaScript. */
  readonly insideProgram: readonly string[];
}

/** Where programs are kept, and for what machine. */
export interface InstallPlace {
  /** Absolute, for example BOTTLE_HOME/programs. */
  readonly directory: string;
  readonly target: Target;
}

/**
 * How a kind's program is installed; undefined if the kind has none of its own.
 * @throws AgentsError `target-unsupported`
 */
export function installPlan(kind: AgentKind, { directory, target }: InstallPlace): InstallPlan | undefined {
  if (kind.package === undefined) return undefined;
  const { name, version, needsNode } = kind.package;
  const entry = kind.package.entry(target);
  if (entry === undefined) {
    throw new AgentsError("target-unsupported", `${name} has no program for Linux on ${target.arch} with ${target.libc}.`, {
      mend: "Use another agent kind, or `kind: command` with a program of your own.",
    });
  }
  const folder = `${name.replace("/", "+")}@${version}+${target.arch}-${target.libc}`;
  const insidePath = `${insideProgramsPath}/${folder}`;
  return {
    package: `${name}@${version}`,
    directory: `${directory}/${folder}`,
    insidePath,
    entry,
    argv: npmArgv(`${name}@${version}`, target),
    insideProgram: [...(needsNode ? ["node"] : []), `${insidePath}/${entry}`],
  };
}

// No scripts run: the programs are used where their packages put them. The flags hold against a person's npmrc.
function npmArgv(wanted: string, { arch, libc }: Target): readonly string[] {
  return [
    "npm", "install", "--prefix", ".", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
    "--global=false", "--include=optional", "--os=linux", `--cpu=${arch}`, `--libc=${libc}`, wanted,
  ];
}
