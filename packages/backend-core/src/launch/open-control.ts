import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { BottleError } from "../errors.ts";

/**
 * Connects to the control socket of sidecars on this host.
 * @throws BottleError `not-running` if nobody is there
 */
export function openControl(path: string, { identity, signal }: { readonly identity: string; readonly signal?: AbortSignal | undefined }): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, ...(signal && { signal }) });
    const onError = (cause: Error): void => reject(signal?.aborted ? signal.reason as Error : new BottleError("not-running", `The sidecars of ${identity} do not answer.`, { mend: `\`bottle list\` shows whether it runs; \`bottle resume ${identity}\` starts it again.`, cause }));
    socket.once("error", onError).once("connect", () => {
      socket.off("error", onError);
      resolve(socket);
    });
  });
}
