import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { allowed, type Rig } from "./rig.ts";

/** What the connections of `holdIdle` did last: nothing but a request; a CONNECT; and in its TLS a request in either version. */
export type IdleKind = "plain" | "tunnel" | "tls" | "h2";

/** Connections held open by a process of its own. */
export interface Idle extends AsyncDisposable {
  /** How many were open once all were. */
  readonly opened: number;
  left(): Promise<number>;
}

/** Opens connections to a proxy and leaves them idle. `tls` and `h2` ask for `/denied`, which no route of the rig may allow. */
export async function holdIdle(rig: Rig, kind: IdleKind, count: number): Promise<Idle> {
  const client = spawn(process.execPath, ["--no-warnings", fileURLToPath(new URL("idle-client.ts", import.meta.url)), String(rig.port), allowed, kind, String(count)], { stdio: ["pipe", "pipe", "inherit"] });
  const number = async (): Promise<number> => Number(/ (\d+)\n$/.exec(String((await once(client.stdout, "data"))[0]))?.[1]);
  const opened = await number();
  return {
    opened,
    left() {
      client.stdin.write("?\n");
      return number();
    },
    async [Symbol.asyncDispose]() {
      const ended = once(client, "exit");
      client.kill("SIGKILL");
      await ended;
    },
  };
}
