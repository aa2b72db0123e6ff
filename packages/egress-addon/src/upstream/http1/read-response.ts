import { parseFields } from "../../fields.ts";
import { createGathered } from "./gathered.ts";
import { parseHead, type ResponseHead } from "./parse-head.ts";

/** Told what a reader reads, in this order; chunks are parts of what was pushed. */
export interface ResponseEvents {
  /** Not for informational answers (1xx). */
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  /** `isClean`: nothing came after it, so that the connection may be used again if its head says so. */
  end(trailers: readonly string[], isClean: boolean): void;
}

/** Reads the answers that come over one connection (RFC 9112), one for each `expect`. */
export interface ResponseReader {
  /** The next bytes belong to an answer. */
  expect(isToHead: boolean): void;
  /** @returns `false` for what is malformed, too large or was not asked for; the connection cannot be used any more */
  push(chunk: Buffer): boolean;
  /** The connection ended. @returns `false` unless that is how the answer ends, or none was expected */
  finish(): boolean;
}

type State = "idle" | "head" | "length" | "until-close" | "chunk-line" | "chunk-data" | "chunk-end" | "trailers";

const largestHeadBytes = 64 * 1024;
const longestChunkLine = 4096;
const mostInformational = 32;
// RFC 9112 7.1.1 without the blanks that it calls bad; extensions are dropped, but what is none must not be taken for one.
const token = "[!#$%&'*+.^_`|~0-9a-z-]+";
const quoted = String.raw`"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`;
const chunkLine = new RegExp(`^([0-9a-f]{1,13})(?:;${token}(?:=(?:${token}|${quoted}))?)*$`, "i");
const nothing = Buffer.alloc(0);
const noTrailers: readonly string[] = [];
const lineEnd = "\r\n";
const headEnd = "\r\n\r\n";

export function createResponseReader(events: ResponseEvents): ResponseReader {
  let state: State = "idle";
  let isToHead = false;
  let informational = 0;
  // Of the content, or of a chunk of it.
  let left = 0;
  const gathered = createGathered();

  function end(bytes: Buffer, at: number, trailers: readonly string[] = noTrailers): boolean {
    state = "idle";
    const isClean = at === bytes.length;
    events.end(trailers, isClean);
    return isClean;
  }

  // Each step says where the next one begins, or whether the connection can still be used.
  function readHead(bytes: Buffer, from: number): number | boolean {
    const at = gathered.find(bytes, headEnd, from);
    if ((at === -1 ? bytes.length : at) - from > largestHeadBytes) return false;
    if (at === -1) return keep(bytes, from);
    const head = parseHead(bytes.toString("latin1", from, at + 2), isToHead);
    // Nothing that is sent asks for another protocol.
    if (head === undefined || head.status === 101 || head.status < 100) return false;
    const next = at + headEnd.length;
    if (head.status < 200) return (informational += 1) <= mostInformational && next;
    const { framing } = head;
    left = framing.kind === "length" ? framing.bytes : 0;
    state = framing.kind === "chunked" ? "chunk-line" : framing.kind === "none" ? "length" : framing.kind;
    events.head(head);
    return next;
  }

  function keep(bytes: Buffer, from: number): true {
    gathered.keep(bytes, from);
    return true;
  }

  function readLine(bytes: Buffer, from: number, longest: number): string | boolean {
    const at = gathered.find(bytes, lineEnd, from);
    if ((at === -1 ? bytes.length : at) - from > longest) return false;
    return at === -1 ? keep(bytes, from) : bytes.toString("latin1", from, at);
  }

  function readTrailers(bytes: Buffer, from: number): boolean {
    if (bytes[from] === 0x0d && bytes[from + 1] === 0x0a) return end(bytes, from + lineEnd.length);
    const at = gathered.find(bytes, headEnd, from);
    if ((at === -1 ? bytes.length : at) - from > largestHeadBytes) return false;
    if (at === -1) return keep(bytes, from);
    const trailers = parseFields(bytes.toString("latin1", from, at + 2), 0);
    return trailers !== undefined && end(bytes, at + headEnd.length, trailers);
  }

  function pass(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + left);
    left -= to - from;
    if (to > from) events.data(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
    return to;
  }

  function step(bytes: Buffer, at: number): number | boolean {
    switch (state) {
      case "idle": return false;
      case "head": return readHead(bytes, at);
      case "until-close":
        events.data(at === 0 ? bytes : bytes.subarray(at));
        return true;
      case "length": return pass(bytes, at);
      case "chunk-line": {
        const line = readLine(bytes, at, longestChunkLine);
        if (typeof line === "boolean") return line;
        const size = chunkLine.exec(line)?.[1];
        if (size === undefined) return false;
        left = Number.parseInt(size, 16);
        state = left === 0 ? "trailers" : "chunk-data";
        return at + line.length + 2;
      }
      case "chunk-data": {
        const to = pass(bytes, at);
        if (left === 0) state = "chunk-end";
        return to;
      }
      case "chunk-end": {
        const line = readLine(bytes, at, 1);
        if (typeof line === "boolean") return line;
        state = "chunk-line";
        return line === "" && at + 2;
      }
      case "trailers": return readTrailers(bytes, at);
    }
  }

  return {
    expect(toHead) {
      state = "head";
      isToHead = toHead;
      informational = 0;
    },
    push(chunk) {
      const bytes = gathered.join(chunk);
      for (let at = 0; ;) {
        if (state === "length" && left === 0) return end(bytes, at);
        if (at === bytes.length) return true;
        const next = step(bytes, at);
        if (typeof next === "boolean") return next;
        at = next;
      }
    },
    finish() {
      if (state === "until-close") end(nothing, 0);
      return state === "idle";
    },
  };
}
