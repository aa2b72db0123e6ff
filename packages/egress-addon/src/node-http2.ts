import type * as Http2 from "node:http2";

let loaded: typeof Http2 | undefined;

/** node:http2, loaded when the first connection speaks it. */
export function http2(): typeof Http2 {
  return loaded ??= process.getBuiltinModule("node:http2");
}

/** The codes of RST_STREAM and GOAWAY that are sent (RFC 9113 7). */
export const resetCodes = { none: 0x0, internal: 0x2, refused: 0x7, cancel: 0x8, calm: 0xb } as const;
