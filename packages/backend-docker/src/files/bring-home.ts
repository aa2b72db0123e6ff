import { mkdir, statfs } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { BottleError, ending, readAll, start } from "@bottle/backend-core";
import { lastLine, type Docker } from "../engine/docker.ts";
import { removeTree } from "./remove-tree.ts";

// Folders are opened before they are entered; then what root's tar would make of a hostile tree besides files goes:
// devices, pipes, set-id programs.
const harmless = ["-type", "d", "!", "-perm", "-700", "-exec", "chmod", "u+rwx", "--", "{}", ";", ",", "(", "!", "-type", "f", "!", "-type", "d", "!", "-type", "l", "-delete", ")", "-o", "-type", "f", "-perm", "/6000", "-execdir", "chmod", "a-s", "--", "{}", "+"];

/**
 * Copies a folder of a container, running or not, to a host folder that it makes anew, mode 0700.
 * @throws BottleError `exec-failed`; the container keeps everything
 */
export async function bringHome(docker: Pick<Docker, "start">, options: { readonly container: string; readonly source: string; readonly target: string; readonly label: string }): Promise<void> {
  const { container, source, target, label } = options;
  await removeTree(target);
  await mkdir(target, { mode: 0o700 });
  const limit = await roomAt(target);
  // Nothing is awaited until it is read: what a process has said that ends before anybody listens, Node throws away.
  const copy = docker.start(["cp", `${container}:${source}`, "-"], { stdio: ["ignore", "pipe", "pipe"] });
  const tar = start(["tar", "--no-same-owner", "--same-permissions", "--delay-directory-restore", "--strip-components=1", "-C", target, "-xf", "-"], {
    stdio: ["pipe", "ignore", "pipe"], label, detached: true,
  });
  const ends = Promise.all([ending(copy), ending(tar)]);
  const complaints = Promise.all([readAll(copy.stderr), readAll(tar.stderr)]);
  let isTooMuch = false;
  if (copy.stdout && tar.stdin) await pipeline(copy.stdout, upTo(limit, () => isTooMuch = true), tar.stdin).catch(() => undefined);
  if (isTooMuch) copy.kill("SIGKILL");
  const [copied, unpacked] = await ends;
  const cleaned = await ending(start(["find", target, ...harmless], { stdio: "ignore", label, detached: true }));
  if (copied + unpacked + cleaned === 0) return;
  if (isTooMuch) await removeTree(target);
  const said = isTooMuch ? `it is more than the ${Math.floor(limit / 2 ** 20)} MiB free there; a file with holes counts in full` : (await complaints).map((bytes) => lastLine(Buffer.from(bytes).toString().replace(tarsLastWords, ""))).filter(Boolean).join("; ");
  throw new BottleError("exec-failed", `${source} of ${container} could not be brought home to ${target}: ${said || "the copy ended early"}`, {
    mend: "Make room if the disk is full; everything is still in the container, and `bottle cleanup` tries again.",
  });
}

// After them it says only that there were complaints.
const tarsLastWords = /^tar: (?:Exiting with failure status due to previous errors|Error is not recoverable: exiting now)$/gm;

// Of what is free a part is left to the rest of the host. The first bytes are names and empty files.
const share = 0.95;
const leastBytes = 2 ** 20;

async function roomAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(Math.floor(bavail * bsize * share), leastBytes);
}

/** Passes bytes on up to a limit: an agent makes a file of terabytes at no cost, and the engine sends its holes as zeros. */
function upTo(limit: number, onMore: () => void) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    let sent = 0;
    for await (const chunk of chunks) {
      sent += chunk.length;
      if (sent > limit) {
        onMore();
        throw new RangeError("More than there is room for.");
      }
      yield chunk;
    }
  };
}
