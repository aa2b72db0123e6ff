import { once } from "node:events";
import { connect } from "node:net";

// The sidecars end their side at once; if they hang, nobody is left to wait for them.
const lingerMs = 2000;

/**
 * Joins this process's standard input and output to the control socket, for an operator's command that cannot open it from where it is.
 * On a line of its own it first says
 * `joined` and its pid; it ends with either side. Exit status 1 if nobody is there.
 */
export async function relayControl(path: string): Promise<void> {
  const { stdin, stdout } = process;
  const socket = connect({ path });
  const end = (): void => process.exit(0);
  stdout.on("error", end);
  try {
    await once(socket, "connect");
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  socket.on("error", end);
  stdin.on("error", end).once("end", () => setTimeout(end, lingerMs).unref());
  stdout.write(`\njoined ${process.pid}\n`);
  stdin.pipe(socket).pipe(stdout);
  await once(socket, "close");
  // What is still on its way out goes first.
  stdout.write("", end);
}
