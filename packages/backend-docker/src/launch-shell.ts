import { randomUUID } from "node:crypto";
import type { ExecResult } from "@bottle/backend-core";
import type { Running } from "./engine/exec.ts";
import { readUntil } from "./read-until.ts";

// Each line says how many bytes follow. `read` takes one byte after the other and `head` as many as it is told, so the rest
// stays for the next, in the end for the agent. A script is run apart: what it does to its shell ends with it.
const loop = `mark=$1; while read -r what bytes; do text=$(head -c "$bytes"); case $what in
run) ( eval "$text" ) < /dev/null; printf '\\n%s %d\\n' "$mark" $?; printf '\\n%s\\n' "$mark" >&2 ;;
become) eval "exec $text" ;; esac; done`;

/**
 * A shell inside that runs a launch's scripts one after the other, and then becomes the agent where that has no terminal:
 * going in takes a tenth of a second, which a launch so spends only once. It ends with its input.
 */
export class LaunchShell {
  /** The value of its entry's variable, which the agent has as well. */
  readonly id: string;
  readonly #entered: Promise<Running>;
  readonly #mark = randomUUID();

  /** @param enter goes in and starts a command there */
  constructor(id: string, enter: (argv: readonly string[]) => Promise<Running>) {
    this.id = id;
    this.#entered = enter(["/bin/sh", "-c", loop, "sh", this.#mark]);
    // Whoever uses it is told.
    this.#entered.catch(() => undefined);
  }

  /** Runs a script in a shell of its own. */
  async run(script: string): Promise<ExecResult> {
    const { child, ended } = await this.#entered;
    child.stdin.write(framed("run", script));
    const last = new RegExp(`^${this.#mark}`);
    const [stdout, stderr] = await Promise.all([readUntil(child.stdout, last), readUntil(child.stderr, last)]);
    const [output, code] = stdout.split(`\n${this.#mark} `);
    const [complaint = ""] = stderr.split(`\n${this.#mark}`);
    return { stdout: Buffer.from(output ?? ""), stderr: Buffer.from(complaint), exitCode: code === undefined ? await ended : Number(code) };
  }

  /** Ends the shell and has a program in its place, with what else comes over its input. */
  async become(argv: readonly string[]): Promise<Running> {
    const entered = await this.#entered;
    entered.child.stdin.write(framed("become", argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ")));
    return entered;
  }

  /** Lets it go. */
  end(): void {
    void this.#entered.then(({ child }) => child.stdin.end(), () => undefined);
  }
}

function framed(what: "run" | "become", text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${what} ${bytes.length}\n`), bytes]);
}
