import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endGroup } from "../git/run.ts";
import { scanJobKind, type ScanAnswer, type ScanJob } from "./scan-job.ts";

/** A process that looks through pushes, one after the other. It ends with this one. */
export interface ScanProcess {
  /** @throws Error if it ends without an answer */
  ask(job: ScanJob): Promise<ScanAnswer>;
  /** Resolves when it ends, however it does. */
  readonly ended: Promise<void>;
  /** Kills it, and what it started. */
  end(): Promise<void>;
}

/** Of JavaScript objects and texts; the bytes of git's objects come on top. */
const mostHeapMiB = 2_048;
/** gitleaks is looked for in the first as it was at the start. */
const passedOn = ["PATH", "NODE_COMPILE_CACHE"];

/** Starts one, which loads what it needs until it is asked. */
export async function startScanProcess(): Promise<ScanProcess> {
  const program = fileURLToPath((await import("./scan-program.ts")).scanProgram);
  const env = Object.fromEntries(passedOn.flatMap((name) => process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const options = [...(program.endsWith(".ts") ? ["--conditions=@bottle/source"] : []), `--max-old-space-size=${mostHeapMiB}`];
  const child = spawn(process.execPath, [...options, program, scanJobKind], { env, stdio: ["ignore", "ignore", "ignore", "ipc"], serialization: "advanced", detached: true });
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()).on("error", () => resolve()));
  hold(child, false);
  return {
    ended,
    async ask(job) {
      hold(child, true);
      const answered = new Promise<ScanAnswer>((resolve, reject) => {
        // Nothing but our own code runs there.
        child.once("message", (answer) => resolve(answer as ScanAnswer));
        child.send(job, (error) => error && reject(error));
      });
      try {
        return await Promise.race([answered, ended.then(() => Promise.reject(new Error("The scan ended without an answer.")))]);
      } finally {
        child.removeAllListeners("message");
        hold(child, false);
      }
    },
    end() {
      endGroup(child);
      return ended;
    },
  };
}

// Whether this process stays for its sake.
function hold(child: ChildProcess, isHeld: boolean): void {
  for (const one of [child, child.channel]) {
    if (isHeld) one?.ref();
    else one?.unref();
  }
}
