import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { BottleError, type ExecResult } from "@bottle/backend-core";
import type { Running } from "./engine/exec.ts";
import { readToMark } from "./read-to-mark.ts";

// Each line says how many bytes follow. `read` takes one byte after the other and `head` as many as it is told, so the rest
// stays for the next, in the end for the agent. A script is run apart: what it does to its shell ends with it. The agent is
// to have the environment it would have without this shell: names that are nobody's, and without the PWD that dash sets.
const loop = `while read -r _bottle_what _bottle_bytes; do _bottle_text=$(head -c "$_bottle_bytes"); case $_bottle_what in
run) ( _bottle_text="unset _bottle_what _bottle_bytes _bottle_text
$_bottle_text"; eval "$_bottle_text" ) < /dev/null; printf '\\n%s %d\\n' "$1" $?; printf '\\n%s 0\\n' "$1" >&2 ;;
become) eval "unset _bottle_what _bottle_bytes _bottle_text PWD; exec $_bottle_text" ;; esac; done`;

/**
 * A shell inside that runs a launch's scripts one after the other, and then becomes the agent where that has no terminal:
 * going in takes a tenth of a second, which a launch so spends only once. It ends with its input, and with the signal of
 * whoever went in.
 */
export class LaunchShell {
  /** The value of its entry's variable, which the agent has as well. */
  readonly id: string;
  readonly #entered: Promise<Running>;
  readonly #mark = randomUUID();
  readonly #longestMs: number;

  /**
   * @param enter goes in and starts a command there
   * @param longestMs for one script: each has limits of its own well below, so that more means an engine that lost it
   */
  constructor(id: string, enter: (argv: readonly string[]) => Promise<Running>, longestMs = 60_000) {
    this.id = id;
    this.#longestMs = longestMs;
    this.#entered = enter(["/bin/sh", "-c", loop, "sh", this.#mark]);
    // Whoever uses it is told.
    this.#entered.catch(() => undefined);
  }

  /** Runs a script in a shell of its own. @throws BottleError `launch-failed` if it does not end in time */
  async run(script: string): Promise<ExecResult> {
    const { child, ended } = await this.#entered;
    child.stdin.write(framed("run", script));
    const limit = new AbortController();
    const late = delay(this.#longestMs, undefined, { signal: limit.signal }).then(() => {
      child.close();
      throw new BottleError("launch-failed", `A script inside the bottle gave no answer for ${this.#longestMs / 1000} seconds.`, { mend: "Start again; if it stays so, restart the engine." });
    });
    const answers = Promise.all([child.stdout, child.stderr].map((stream) => readToMark(stream, this.#mark)));
    const [output, complaint] = await Promise.race([answers, late]).finally(() => limit.abort());
    return { stdout: output?.before ?? Buffer.alloc(0), stderr: complaint?.before ?? Buffer.alloc(0), exitCode: output?.after === undefined ? await ended : Number(output.after) };
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
