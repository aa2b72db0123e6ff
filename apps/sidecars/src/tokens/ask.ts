import type { Interface } from "node:readline";
import type { TokenReading } from "@bottle/manifest";
import { formatTokenRequest, parseTokenReply } from "@bottle/manifest/state";

/** Asks who started the sidecars for a credential as it is now. Never rejects. */
export type AskToken = (tokenRef: string) => Promise<TokenReading>;

/** Asks by lines: requests are written, and replies are among those that are read. Once they end, what is asked for is not to be had. */
export function askOn({ lines, write }: { readonly lines: Interface; readonly write: (line: string) => void }): AskToken {
  const waiting = new Map<string, ((reading: TokenReading) => void)[]>();
  const gone: TokenReading = { problem: "nobody answers any more" };
  let isClosed = false;
  lines.on("line", (line) => {
    const reply = parseTokenReply(line);
    if (reply === undefined) return;
    const asked = waiting.get(reply.tokenRef) ?? [];
    waiting.delete(reply.tokenRef);
    for (const resolve of asked) resolve(reply.reading);
  });
  lines.once("close", () => {
    isClosed = true;
    for (const asked of waiting.values()) for (const resolve of asked) resolve(gone);
  });
  return (tokenRef) => {
    if (isClosed) return Promise.resolve(gone);
    const { promise, resolve } = Promise.withResolvers<TokenReading>();
    const before = waiting.get(tokenRef);
    waiting.set(tokenRef, [...(before ?? []), resolve]);
    if (before === undefined) write(formatTokenRequest(tokenRef));
    return promise;
  };
}
