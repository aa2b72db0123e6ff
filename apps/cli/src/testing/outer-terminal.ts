import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

/** A terminal with a person at it: a tmux of the test's own. */
export interface OuterTerminal extends Disposable {
  /** What stands on the screen. */
  screen(): string;
  /** The same with its colours and weights, as escape sequences. */
  styled(): string;
  /** Types keys by tmux's names, or text. */
  type(...keys: readonly string[]): void;
  /** Waits until this text stands on the screen. */
  shows(text: string): Promise<void>;
  /** Makes it larger or smaller. */
  resize(columns: number, rows: number): void;
  /** Whether a cursor is shown, and whether a program has taken the whole screen. */
  modes(): { readonly hasCursor: boolean; readonly isAlternate: boolean };
  /** The processes on it whose command line has this in it. */
  processes(word: string): readonly number[];
  /** Waits for the command to end, and gives its exit status. */
  ends(): Promise<number>;
}

// tmux's own word on a status comes late or never, so the shell says it on the screen.
const script = `"$@"; printf '\\n[ended with %s]\\n' "$?"; exec sleep 1000`;

// A bottle in containers takes seconds to end, and many on a loaded machine.
const patience = { timeout: 60_000 };

/** Runs a command on a terminal of 120 by 40. */
export function openTerminal(command: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly cwd: string }): OuterTerminal {
  const folder = mkdtempSync(join(tmpdir(), "bottle-terminal-"));
  const socket = join(folder, `${randomBytes(4).toString("hex")}.sock`);
  const tmux = (...args: readonly string[]): string => execFileSync("tmux", ["-u", "-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const variables = Object.entries(command.env).map(([name, value]) => `${name}=${value}`);
  tmux("new-session", "-d", "-x", "120", "-y", "40", "-c", command.cwd, "--", "env", "-i", ...variables, "TERM=tmux-256color", "sh", "-c", script, "sh", ...command.argv);
  const screen = (): string => tmux("capture-pane", "-p", "-J").trimEnd();
  const status = (): string | undefined => /^\[ended with ([0-9]+)\]$/m.exec(screen())?.[1];
  return {
    screen,
    styled: () => tmux("capture-pane", "-p", "-e"),
    type: (...keys) => void tmux("send-keys", ...keys),
    resize: (columns, rows) => void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    modes: () => {
      const [cursor, alternate] = tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}").trim().split(" ");
      return { hasCursor: cursor === "1", isAlternate: alternate === "1" };
    },
    processes: (word) => {
      const name = tmux("display-message", "-p", "#{pane_tty}").trim().replace("/dev/", "");
      const lines = execFileSync("ps", ["-t", name, "-o", "pid=,args="], { encoding: "utf8" }).split("\n");
      return lines.filter((line) => line.includes(word) && line.includes("main.ts") && !line.includes(" sh ")).map((line) => Number.parseInt(line, 10));
    },
    shows: (text) => expect.poll(screen, patience).toContain(text),
    ends: async () => {
      // The screen, while it still runs: a failure shows where it hangs.
      await expect.poll(() => status() ?? screen(), patience).toMatch(/^[0-9]+$/);
      return Number(status());
    },
    [Symbol.dispose]: () => {
      spawnSync("tmux", ["-S", socket, "kill-server"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
