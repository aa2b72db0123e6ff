import { spawn } from "node:child_process";
import { systemProgram } from "../host/packages.ts";

const notFound = 127;
const messageMs = 4000;

// One server per bottle, without a key or a line of its own but one: Ctrl-\ leaves. What the agent prints may not set the
// operator's clipboard or title, nor reach the outer terminal uninterpreted.
const settings: readonly (readonly string[])[] = [
  ["set", "-g", "prefix", "None"], ["set", "-g", "prefix2", "None"], ["set", "-g", "status", "off"], ["set", "-s", "escape-time", "25"],
  ["set", "-s", "set-clipboard", "off"], ["set", "-g", "allow-passthrough", "off"], ["set", "-g", "history-limit", "50000"],
  ["set", "-g", "default-terminal", "tmux-256color"], ["set", "-g", "set-titles", "off"], ["set", "-g", "update-environment", ""],
  ["set", "-s", "exit-empty", "on"], ["set", "-g", "remain-on-exit", "off"],
  ["unbind", "-a"], ["unbind", "-a", "-T", "root"], ["bind", "-n", "C-\\", "detach-client"],
];

/**
 * Starts a server with one session that runs a command. The server inherits this environment: credentials are in no argument.
 * The folder is in none either: tmux would run a command that stands in its name, `#(…)`.
 */
export async function newSession(socket: string, cwd: string, command: readonly string[]): Promise<boolean> {
  const options = settings.flatMap((setting) => [...setting, ";"]);
  return await tmux(socket, ["start-server", ";", ...options, "new-session", "-d", "-x", "200", "-y", "50", "--", ...command.map(quoted)], { cwd }) === 0;
}

/** Whether the server answers and its command still runs. */
export async function hasSession(socket: string): Promise<boolean> {
  return await tmux(socket, ["has-session"]) === 0;
}

/** Ends the server; what runs on it gets SIGHUP. One that is gone is no error. */
export async function killServer(socket: string): Promise<void> {
  await tmux(socket, ["kill-server"]);
}

/**
 * Shows a line to whoever looks at the session, for some seconds or until a key; tmux draws the rest again after it. Nobody there is no error.
 * @param text of bottle's own words: tmux would run a command that stands in it, `#(…)`
 */
export async function showMessage(socket: string, text: string): Promise<void> {
  if (/[#%]/.test(text)) throw new Error("a message for tmux may hold no format");
  await tmux(socket, ["display-message", "-d", String(messageMs), text]);
}

/** Puts this terminal on the session until it ends or the operator leaves. */
export async function attachClient(socket: string): Promise<void> {
  await tmux(socket, ["attach"], { stdio: "inherit" });
}

// A last `;` would end tmux's command; each argument is one word here.
function quoted(text: string): string {
  return text.endsWith(";") ? `${text.slice(0, -1)}\\;` : text;
}

async function tmux(socket: string, args: readonly string[], options: { readonly cwd?: string; readonly stdio?: "inherit" } = {}): Promise<number> {
  const program = await systemProgram("tmux");
  if (program === undefined) return notFound;
  // UTF-8 in any locale; no nesting check, since the operator may sit in a tmux of their own.
  const child = spawn("/usr/bin/env", ["-u", "TMUX", program, "-u", "-S", socket, "-f", "/dev/null", ...args], { stdio: "ignore", ...options });
  return await new Promise<number>((resolve) => {
    child.once("error", () => resolve(notFound));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
