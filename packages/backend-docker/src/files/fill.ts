import { existsSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BottleError, ending, readAll, start } from "@bottle/backend-core";
import { explainCompose } from "../compose/explain.ts";
import { lastLine, type Docker } from "../engine/docker.ts";

/** The account inside, and root. */
export const owners = { node: "1000", root: "0" } as const;

/**
 * Puts the content of a host folder into a folder of a container, as the engine and not from inside: a container that has
 * not run yet, or whose program is not to be trusted, can be filled alike.
 * @throws BottleError `launch-failed`
 */
export async function fill(docker: Docker, options: {
  readonly container: string;
  readonly source: string;
  readonly target: string;
  readonly owner: keyof typeof owners;
  /** Only these entries of the source, where they exist. */
  readonly only?: readonly string[];
  readonly label: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  options.signal?.throwIfAborted();
  const entries = options.only?.filter((name) => existsSync(join(options.source, name))) ?? ["."];
  if (entries.length === 0) return;
  const owner = owners[options.owner];
  const tar = start(["tar", "--numeric-owner", `--owner=${owner}`, `--group=${owner}`, "-C", options.source, "-cf", "-", "--", ...entries], {
    stdio: ["ignore", "pipe", "pipe"], label: options.label, detached: true,
  });
  const packed = ending(tar);
  const copy = docker.start(["cp", "-", `${options.container}:${options.target}`], { stdio: ["pipe", "ignore", "pipe"] });
  const copied = ending(copy);
  const onAbort = (): void => {
    tar.kill("SIGKILL");
    copy.kill("SIGKILL");
  };
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const complaints = Promise.all([readAll(tar.stderr), readAll(copy.stderr)]);
  if (tar.stdout && copy.stdin) await pipeline(tar.stdout, copy.stdin).catch(() => undefined);
  const failed = await packed + await copied;
  options.signal?.removeEventListener("abort", onAbort);
  options.signal?.throwIfAborted();
  if (failed === 0) return;
  const [packing, copying] = await complaints;
  // The engine's disk need not be the one of the state directory.
  if (/no space left on device/i.test(Buffer.from(copying).toString())) throw explainCompose(Buffer.from(copying).toString(), []);
  const said = [packing, copying].map((bytes) => lastLine(Buffer.from(bytes).toString())).filter(Boolean).join("; ");
  throw new BottleError("launch-failed", `${options.source} could not be copied into ${options.container}: ${said || "the copy ended early"}`, {
    mend: "Look at the files' permissions and at the engine's free space (`docker system df`).",
  });
}
