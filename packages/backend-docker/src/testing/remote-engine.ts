import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** An engine of another host, as far as one machine can have it: reached by TCP alone, without any of this host's temporary files. */
export interface RemoteEngine extends AsyncDisposable {
  /** As in DOCKER_HOST: `tcp://127.0.0.1:PORT`. */
  readonly address: string;
}

const sources = fileURLToPath(new URL("../../../..", import.meta.url));

const engine = `import { startOwnDockerEngine } from "@bottle/docker-engine";
await using engine = await startOwnDockerEngine();
console.log(engine.env.DOCKER_HOST.replace("unix://", ""));
for await (const _ of process.stdin);`;

/** Starts an engine in network and mount namespaces of its own, where another folder is the temporary one. Needs root. */
export async function startRemoteEngine(): Promise<RemoteEngine> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "bottle-remote-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  // Where the sources are among the temporary files themselves, they alone stay to be seen.
  const below = relative(tmpdir(), sources);
  const isHidden = !below.startsWith("..");
  const kept = join(folder, "tmp", isHidden ? below : "");
  mkdirSync(kept, { recursive: true });
  const hide = `${isHidden ? 'mount --bind "$2" "$3" && ' : ""}mount --rbind "$0/tmp" "$1" && shift 3 && exec "$@"`;
  const node = [process.execPath, "--conditions=@bottle/source", "--input-type=module", "-e", engine];
  const child = spawn("unshare", ["--mount", "sh", "-c", hide, folder, tmpdir(), sources, kept, ...node], { stdio: ["pipe", "pipe", "inherit"], cwd: import.meta.dirname });
  const ended = once(child, "exit");
  stack.defer(async () => {
    child.stdin.end();
    await ended;
  });
  const line = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => undefined)]) as readonly [string] | undefined;
  if (line === undefined) throw new Error("The engine ended early; the reason is above.");
  // The way into its world; to be heard of docker alone.
  const port = await relayTo(`/proc/${child.pid ?? 0}/root${line[0]}`, stack);
  const resources = stack.move();
  return { address: `tcp://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function relayTo(socket: string, stack: AsyncDisposableStack): Promise<number> {
  // Either side may end its half first: so a container is told that its standard input has ended.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: socket, allowHalfOpen: true });
    for (const [from, to] of [[client, engine], [engine, client]] as const) from.on("error", () => to.destroy()).pipe(to);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}
