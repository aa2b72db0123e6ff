import type { World } from "./world.ts";

/** The process itself. Whatever it makes from now on is its user's alone. */
export function processWorld(): World {
  process.umask(0o077);
  // A reader that goes away (`egress-addon ca | head`) is no error.
  for (const stream of [process.stderr]) stream.on("error", () => undefined);
  return {
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    onSignal(signal, run) {
      process.on(signal, run);
      return { [Symbol.dispose]: () => void process.off(signal, run) };
    },
  };
}
