import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable, Writable } from "node:stream";
import { collectText, type Command, ending, endGroup, start } from "../git/run.ts";
import { type Body, BodyError } from "./request-body.ts";

/** A request that git's own server answers. */
export interface CgiRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Body;
  /** `git http-backend`, in its environment. */
  readonly command: Command;
  /** Gets what a hook writes to descriptor 3, and a way to write to its descriptor 4. Without it there are no such descriptors. */
  readonly onHook?: (asks: Readable, answers: Writable) => void;
  /** Sees what is answered, piece by piece. */
  readonly onAnswer?: ((chunk: Uint8Array) => void) | undefined;
}

/** How a CGI program ended. */
export interface CgiEnd {
  /** The exit status, `undefined` after a signal. */
  readonly code: number | undefined;
  readonly stderr: string;
  /** What was wrong with the body, if nothing was answered yet. */
  readonly fault?: string;
}

const mostHeadBytes = 16 * 1024;

/**
 * Lets a CGI program (RFC 3875) answer: the body goes in as it comes, the answer out as it comes. A program that ends without a head,
 * or in the middle, ends the connection, so that no half answer is taken for a whole one.
 * Nothing is answered for a body that is not as it may be: that is left to the caller.
 */
export async function serveCgi({ request, response, body, command, onHook, onAnswer }: CgiRequest): Promise<CgiEnd> {
  const child = start(command, onHook === undefined ? ["pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe", "pipe", "pipe"]);
  const [, , , asks, answers] = child.stdio;
  let fault: string | undefined;
  let isOver = false;
  // Its number is somebody else's some day.
  const end = (): void => {
    if (!isOver) endGroup(child);
  };
  // Whoever goes away takes the program along: git keeps nothing of a push that was not accepted.
  response.once("close", () => {
    if (!response.writableFinished) end();
  });
  child.stdin?.on("error", () => {});
  request.on("error", end);
  body.plain.on("error", (error) => {
    fault = error instanceof BodyError ? error.message : "The request could not be read.";
    end();
  });
  if (child.stdin !== null) body.plain.pipe(child.stdin);
  if (onHook !== undefined && asks !== null && asks !== undefined && answers !== null && answers !== undefined) {
    for (const stream of [asks, answers]) stream.on("error", () => {});
    onHook(asks as Readable, answers as Writable);
  }
  const said = collectText(child.stderr);
  try {
    const head = await pass(child.stdout, response, onAnswer);
    const code = await ending(child);
    if (fault !== undefined && !response.headersSent) return { code, stderr: await said, fault };
    if (code === 0 && head !== undefined && !response.destroyed) writeHead(response, head);
    if (code === 0 && response.headersSent && fault === undefined) response.end();
    else response.destroy();
    return { code, stderr: await said };
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    end();
    isOver = true;
    body.plain.destroy();
  }
}

// The head goes with the first of the body: git writes it before it has read anything. What is left of it at the end is returned.
async function pass(from: Readable | null, response: ServerResponse, onAnswer: CgiRequest["onAnswer"]): Promise<string | undefined> {
  let begun = Buffer.alloc(0);
  let head: string | undefined;
  for await (const chunk of from ?? []) {
    let body: Buffer = chunk as Buffer;
    if (!response.headersSent && head === undefined) {
      begun = Buffer.concat([begun, body]);
      const end: number = begun.indexOf("\r\n\r\n");
      if (end === -1 && begun.length > mostHeadBytes) throw new Error("git http-backend gave no head.");
      if (end === -1) continue;
      head = begun.toString("latin1", 0, end);
      body = begun.subarray(end + 4);
    }
    if (head !== undefined && body.length > 0 && !response.destroyed) {
      writeHead(response, head);
      head = undefined;
    }
    if (response.destroyed) return undefined;
    onAnswer?.(body);
    if (body.length > 0 && !response.write(body)) await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off("drain", go).off("close", go);
        resolve();
      };
      response.once("drain", go).once("close", go);
    });
  }
  return head;
}

function writeHead(response: ServerResponse, text: string): void {
  const headers: string[] = [];
  let status = 200;
  for (const line of text.split("\r\n")) {
    const at = line.indexOf(":");
    const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    if (/^status$/i.test(name)) status = Number.parseInt(value, 10);
    else if (at > 0) headers.push(name, value);
  }
  response.writeHead(status, headers);
  response.flushHeaders();
}
