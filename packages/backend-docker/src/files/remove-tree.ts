import { rm } from "node:fs/promises";
import { BottleError, ending, start } from "@bottle/backend-core";

/**
 * Removes a file or a tree of the agent's making; links in it are never followed. Node's own fails on paths longer than the
 * system takes, which an agent can make; GNU rm goes down by descriptors.
 * @param path bytes where it has names of the agent's
 */
export async function removeTree(path: Buffer | string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const child = start(["xargs", "--null", "rm", "--recursive", "--force", "--"], { stdio: ["pipe", "ignore", "ignore"], label: "", detached: true });
    child.stdin?.on("error", () => undefined).end(path);
    if (await ending(child) === 0) return;
    throw new BottleError("exec-failed", `${path.toString()} could not be removed.`, { mend: "Remove it by hand, then run `bottle cleanup`.", cause: error });
  }
}
