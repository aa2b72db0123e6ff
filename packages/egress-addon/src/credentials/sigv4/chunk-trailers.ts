import { ChunkError } from "./chunk-error.ts";
import type { ChunkSigner } from "./chunk-signer.ts";

const mostTrailers = 32;

/** What follows the last chunk: trailers and their signature where there may be any, then an empty line. */
export function createTrailers(mayHaveSome: boolean, signer: ChunkSigner): { next(line: string): string } {
  const canonical: string[] = [];
  let isSigned = false;
  return {
    /** The line as it goes out; the empty one is the last. */
    next(line) {
      if (line === "") {
        if (canonical.length > 0 && !isSigned) throw new ChunkError("The trailers are not signed.");
        return line;
      }
      if (!mayHaveSome || isSigned || canonical.length === mostTrailers) throw new ChunkError("Something follows the last chunk.");
      if (/^x-amz-trailer-signature:\s*[0-9a-f]{64}\s*$/i.test(line)) {
        isSigned = true;
        return `x-amz-trailer-signature:${signer.trailer([...canonical].sort().join(""))}`;
      }
      if (!/^[!#$%&'*+.^_`|~0-9a-z-]+:[\x20-\x7e]*$/i.test(line)) throw new ChunkError("A trailer is not readable.");
      const at = line.indexOf(":");
      canonical.push(`${line.slice(0, at).toLowerCase()}:${line.slice(at + 1).trim()}\n`);
      return line;
    },
  };
}
