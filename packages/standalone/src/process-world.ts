import type { World } from "./world.ts";

/** The process itself. Whatever it makes from now on is its user's alone. */
export function processWorld(): World {
  process.umask(0o077);
  return {
    env: process.env,
    cwd: process.cwd(),
    now: () => new Date(),
    out: (text) => say(process.stdout, text),
    err: (text) => say(process.stderr, text),
    onSignal(signal, run) {
      process.on(signal, run);
      return { [Symbol.dispose]: () => void process.off(signal, run) };
    },
  };
}

// A reader that goes away (`egress-addon ca | head`) is no error.
function say(stream: NodeJS.WriteStream, text: string): void {
  if (stream.listenerCount("error") === 0) stream.on("error", () => undefined);
  stream.write(`${text}\n`);
}
