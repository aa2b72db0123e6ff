import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ending, endGroup, start, type Command } from "../git/run.ts";
import { tied } from "../git/tied.ts";

/** One ssh connection to an upstream, which what is done one after the other goes through: to connect takes longer than all else. */
export interface Connection {
  /** Runs something while there is one, as far as there can be. Where there is none ssh makes one for each program, and says itself why it cannot. */
  use<T>(work: () => Promise<T>): Promise<T>;
  /** Ends it, and what goes through it. */
  close(): void;
}

/** A key that is taken back at the upstream is of no use after so long. */
const mostAgeMs = 60_000;
const idleMs = 15_000;
const connectMs = 20_000;
const lookEveryMs = 5;

/**
 * @param master `ssh` as master of connections (ssh_config(5), ControlMaster) over the socket, in a directory of the gate's own
 */
export function createConnection(master: Command, socket: string): Connection {
  let open: { readonly child: ChildProcess; readonly sinceMs: number; readonly ready: Promise<void> } | undefined;
  let users = 0;
  let idle: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(idle);
    if (open === undefined) return;
    endGroup(open.child);
    open = undefined;
  };
  const connect = async (child: ChildProcess): Promise<void> => {
    let isOver = false;
    const ended = ending(child).catch(() => undefined).then(() => {
      isOver = true;
      if (open?.child === child) open = undefined;
    });
    for (let waitedMs = 0; !isOver && !existsSync(socket) && waitedMs < connectMs; waitedMs += lookEveryMs) await Promise.race([ended, delay(lookEveryMs)]);
  };
  const openOne = async (): Promise<void> => {
    if (open !== undefined && users === 1 && Date.now() - open.sinceMs > mostAgeMs) close();
    if (open === undefined) {
      // Left by one that was killed, it would be taken for one that runs.
      await rm(socket, { force: true });
      const child = start(tied(master), ["pipe", "ignore", "ignore"]);
      child.stdin?.on("error", () => {});
      open = { child, sinceMs: Date.now(), ready: connect(child) };
    }
    await open.ready;
  };
  let opening: Promise<void> = Promise.resolve();
  return {
    async use(work) {
      users += 1;
      clearTimeout(idle);
      try {
        opening = opening.then(openOne, openOne);
        await opening;
        return await work();
      } finally {
        users -= 1;
        if (users === 0) idle = setTimeout(close, idleMs).unref();
      }
    },
    close,
  };
}

/** For an upstream that is not reached by ssh. */
export const noConnection: Connection = { use: (work) => work(), close() { /* there is none */ } };
