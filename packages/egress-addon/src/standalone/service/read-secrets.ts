import { basename } from "node:path";
import type { KnownSecret } from "@bottle/secret-scan";
import { StandaloneError } from "@bottle/standalone";
import { readOnce } from "../tokens/token-store.ts";

/** Files whose text must not leave, each under its name. @throws StandaloneError `file-unreadable` */
export function readKnown(files: readonly string[]): Promise<readonly KnownSecret[]> {
  return Promise.all(files.map(async (file) => {
    const read = await readOnce({ file }, {});
    if ("value" in read) return { name: basename(file), value: read.value };
    throw new StandaloneError("file-unreadable", `dlp: ${read.problem}.`, { mend: "What cannot be read cannot be looked for." });
  }));
}
