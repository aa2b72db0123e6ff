import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { BottleError, ending, readAll, start } from "@bottle/backend-core";
import { explainCompose } from "../compose/explain.ts";
import { lastLine, type Docker } from "../engine/docker.ts";

/** The account inside, and root. */
export const owners = { node: "1000", root: "0" } as const;

/**
 * Puts the content of a host folder into a folder of a container, as the engine and not from inside, so that one that has
 * not run yet can be filled alike. The engine refuses a whole archive for one link that leads out of the folder, as
 * `../elsewhere` does in many a project; then a running container's own tar unpacks it, as the owner.
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
  const unpack = await hasLeavingLink(entries.map((name) => join(options.source, name)), options.label) ? fromInside(options) : ["cp", "-", `${options.container}:${options.target}`];
  options.signal?.throwIfAborted();
  const tar = start(["tar", "--numeric-owner", `--owner=${owner}`, `--group=${owner}`, "-C", options.source, "-cf", "-", "--", ...entries], {
    stdio: ["ignore", "pipe", "pipe"], label: options.label, detached: true,
  });
  const packed = ending(tar);
  const copy = docker.start(unpack, { stdio: ["pipe", "ignore", "pipe"] });
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

function fromInside({ owner, container, target }: { readonly owner: keyof typeof owners; readonly container: string; readonly target: string }): readonly string[] {
  return ["exec", "--interactive", "--user", `${owners[owner]}:${owners[owner]}`, container, "tar", "--no-same-owner", "--same-permissions", "--delay-directory-restore", "-C", target, "-xf", "-"];
}

/** Whether a link below these folders has a target above its own; by its letters, as the engine looks at it. */
async function hasLeavingLink(folders: readonly string[], label: string): Promise<boolean> {
  const child = start(["find", ...folders, "-type", "l", "-lname", "*..*", "-printf", "%P\\0%l\\0"], { stdio: ["ignore", "pipe", "ignore"], label, detached: true });
  const [found] = await Promise.all([readAll(child.stdout), ending(child)]);
  const texts = Buffer.from(found).toString("latin1").split("\0");
  return texts.some((link, index) => index % 2 === 1 && /^\.\.(?:\/|$)/.test(posix.join(posix.dirname(texts[index - 1] ?? ""), link)));
}
