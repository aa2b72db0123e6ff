import { spawn } from "node:child_process";
import { sentenceOf, type Channel } from "./notice.ts";

const timeoutMs = 5000;

/** Shows each notice with notify-send. @param program its path @param env of the desktop: where its bus is */
export function createDesktop(program: string, env: Readonly<Record<string, string | undefined>>): Channel {
  return {
    send: (notice, signal) => new Promise((resolve) => {
      const child = spawn(program, ["--app-name=bottle", "--", "bottle", sentenceOf(notice)], { stdio: "ignore", env, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
      child.once("error", () => resolve()).once("exit", () => resolve());
    }),
  };
}
