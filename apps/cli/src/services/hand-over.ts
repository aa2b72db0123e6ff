import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { refuseOpenFolder } from "@bottle/backend-core";
import { CliError, exitStatus } from "../errors.ts";

/**
 * Gives the secrets the operator typed to the keeper, which has no terminal to ask on: over a socket in a folder of the
 * operator's own, so that they are in no file, argument or environment. Disposing takes the socket away.
 * @throws BottleError `state-open` if others may write to that folder, or to the one above
 */
export async function offerSecrets(path: string, secrets: Readonly<Record<string, string>>): Promise<AsyncDisposable> {
  for (const folder of [dirname(dirname(path)), dirname(path)]) await refuseOpenFolder(folder);
  const server = createServer((socket) => void socket.on("error", () => undefined).end(JSON.stringify(secrets)));
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ path }, resolve));
  return {
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { force: true });
    },
  };
}

/** Takes what `offerSecrets` gives. @throws CliError `handover-failed` */
export async function takeSecrets(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    const value: unknown = JSON.parse(await text(connect({ path })));
    if (typeof value !== "object" || value === null) throw new Error("it is no object");
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch (cause) {
    throw new CliError("handover-failed", "The keeper was not given the secrets that were asked for.", { status: exitStatus.launch, cause });
  }
}

/** Whether a parent still waits for its keeper. */
export async function isOffered(path: string): Promise<boolean> {
  return takeSecrets(path).then(() => true, () => false);
}
