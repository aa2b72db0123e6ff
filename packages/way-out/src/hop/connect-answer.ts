const largestHeadBytes = 16 * 1024;
const statusLine = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const headerLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;

/** What came of a CONNECT so far. Nothing of the proxy's own words is kept but the status. */
export type ConnectAnswer =
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed" }
  /** `rest`: the bytes that followed the head in the same read. */
  | { readonly kind: "answered"; readonly status: number; readonly rest: Buffer };

/** Reads the bytes of an answer as they come. After `malformed` or `answered` it is done. */
export type ConnectAnswerReader = (chunk: Buffer) => ConnectAnswer;

/**
 * A reader of the head that answers a CONNECT: strict by RFC 9112 §4 and §5 (CRLF lines, token names, no folding), at most 16 KiB together with
 * the 1xx heads before it, which are skipped. A body's length is never looked at: after a 2xx there is none (RFC 9110 §9.3.6).
 */
export function createConnectAnswerReader(): ConnectAnswerReader {
  let pending = "";
  let skippedBytes = 0;
  let searched = 0;
  return (chunk) => {
    const room = largestHeadBytes + 1 - skippedBytes - pending.length;
    pending += chunk.subarray(0, room).toString("latin1");
    for (;;) {
      const end = pending.indexOf("\r\n\r\n", searched);
      const isTooLarge = skippedBytes + (end === -1 ? pending.length : end + 4) > largestHeadBytes;
      if (isTooLarge || !couldBegin(pending)) return { kind: "malformed" };
      if (end === -1) {
        searched = Math.max(0, pending.length - 3);
        return { kind: "incomplete" };
      }
      const status = statusOf(pending.slice(0, end));
      const rest = pending.slice(end + 4);
      if (status === undefined || status === 101) return { kind: "malformed" };
      if (status >= 200) return { kind: "answered", status, rest: chunk.subarray(Math.min(room, chunk.length) - rest.length) };
      skippedBytes += end + 4;
      pending = rest;
      searched = 0;
    }
  };
}

// What is no HTTP is known by its first byte, and not waited for.
function couldBegin(text: string): boolean {
  return text.startsWith("HTTP/1.".slice(0, text.length));
}

function statusOf(head: string): number | undefined {
  const [first = "", ...headers] = head.split("\r\n");
  const status = statusLine.exec(first)?.[1];
  return status !== undefined && headers.every((line) => headerLine.test(line)) ? Number(status) : undefined;
}
