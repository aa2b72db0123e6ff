import { servePipelock } from "@bottle/egress-addon/pipelock";

const binary = "/opt/bottle/bin/pipelock";

/** The other process, in a container of its own: runs pipelock as the sidecars order it over the directory they share, and ends with them. */
export async function serveBeside(directory: string): Promise<void> {
  const abort = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => abort.abort());
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => abort.abort());
  await servePipelock({ binary, directory, say: (line, from) => void process[from].write(`${line}\n`), signal: abort.signal });
}
