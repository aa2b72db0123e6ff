import { once } from "node:events";
import type { Readable } from "node:stream";
import { type Command, collectText, endGroup, ending, start } from "./run.ts";

/** An object of a repository. */
export interface GitObject {
  readonly id: string;
  readonly type: "blob" | "tree" | "commit" | "tag";
  /** The first path it was found under; empty for commits, tags and what they point at themselves. Each byte a character. */
  readonly path: string;
  readonly content: Buffer;
}

/** How much a push may bring. */
export interface WalkLimits {
  readonly objects: number;
  /** Of one object, and of all together. */
  readonly objectBytes: number;
  readonly bytes: number;
}

/** A walk that cannot go on, so that nothing is known of what it has not seen. */
export class WalkError extends Error {
  override readonly name = "WalkError";
  readonly code: "limit-objects" | "limit-object-bytes" | "limit-bytes" | "limit-time" | "git-failed" | "gitleaks-failed";

  constructor(code: WalkError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const header = /^([0-9a-f]{40,64}) (?:(blob|tree|commit|tag) ([0-9]{1,15}) ?(.*)|missing)$/s;
const longestLine = 64 * 1024;

/**
 * Every object that the tips bring and no ref of the repository has yet, each once and whole: `rev-list --objects --not --all`, then
 * `cat-file --batch`. So merges, binaries, tags of any kind and what a later commit removed again are seen as well.
 * @param git makes a command of arguments to git, in the repository and its quarantine
 * @param tell what may be told of a path
 * @throws WalkError if a limit is reached or git fails, ends early or says less than it should
 */
export async function* newObjects(git: (args: readonly string[]) => Command, tips: readonly string[], limits: WalkLimits, tell: (path: string) => string): AsyncGenerator<GitObject> {
  const list = start(git(["rev-list", "--objects", "--stdin", "--not", "--all"]), ["pipe", "pipe", "pipe"]);
  const batch = start(git(["cat-file", "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)", "--buffer"]), ["pipe", "pipe", "pipe"]);
  try {
    for (const child of [list, batch]) child.stdin?.on("error", () => {});
    list.stdin?.end(`${tips.join("\n")}\n`);
    const said = [collectText(list.stderr), collectText(batch.stderr)];
    const listed = feed(list.stdout, batch.stdin, limits);
    listed.catch(() => endGroup(batch));
    let count = 0;
    let bytes = 0;
    for await (const object of readBatch(batch.stdout, limits.objectBytes, tell)) {
      count += 1;
      bytes += object.content.length;
      if (bytes > limits.bytes) throw new WalkError("limit-bytes", `The push brings more than ${limits.bytes} bytes.`);
      yield object;
    }
    const expected = await listed;
    const codes = await Promise.all([ending(list), ending(batch)]);
    const words = (await Promise.all(said)).join("").trim();
    if (codes.some((code) => code !== 0) || words !== "") throw new WalkError("git-failed", `git ended with ${codes.join(" and ")} while the push was read: ${words}`);
    if (expected !== count) throw new WalkError("git-failed", `git listed ${expected} objects and gave ${count}.`);
  } finally {
    endGroup(list);
    endGroup(batch);
  }
}

// Counts what is asked for, so that a short answer is seen.
async function feed(from: Readable | null, to: NodeJS.WritableStream | null, limits: WalkLimits): Promise<number> {
  let lines = 0;
  for await (const chunk of from ?? []) {
    for (const byte of chunk as Buffer) if (byte === 0x0a) lines += 1;
    if (lines > limits.objects) throw new WalkError("limit-objects", `The push brings more than ${limits.objects} objects.`);
    if (to?.write(chunk as Buffer) === false) await once(to, "drain");
  }
  to?.end();
  return lines;
}

async function* readBatch(stream: Readable | null, mostBytes: number, tell: (path: string) => string): AsyncGenerator<GitObject> {
  let pending: Buffer[] = [];
  let held = 0;
  let wanted: { readonly id: string; readonly type: GitObject["type"]; readonly path: string; readonly size: number } | undefined;
  const take = (): Buffer => {
    const whole = pending.length === 1 ? pending[0] ?? Buffer.alloc(0) : Buffer.concat(pending);
    pending = [];
    return whole;
  };
  for await (const chunk of stream ?? []) {
    pending.push(chunk as Buffer);
    held += (chunk as Buffer).length;
    // A large object is put together once, not with each of its pieces.
    if (wanted !== undefined && held <= wanted.size) continue;
    let bytes = take();
    for (;;) {
      if (wanted === undefined) {
        const end = bytes.indexOf(0x0a);
        if (end === -1 && bytes.length > longestLine) throw new WalkError("git-failed", "git gave a line that does not end.");
        if (end === -1) break;
        wanted = readHeader(bytes.toString("latin1", 0, end), mostBytes, tell);
        bytes = bytes.subarray(end + 1);
      }
      if (bytes.length <= wanted.size) break;
      const { size, ...object } = wanted;
      yield { ...object, content: bytes.subarray(0, size) };
      bytes = bytes.subarray(size + 1);
      wanted = undefined;
    }
    pending = bytes.length === 0 ? [] : [bytes];
    held = bytes.length;
  }
  if (held > 0 || wanted !== undefined) throw new WalkError("git-failed", "git ended in the middle of an object.");
}

function readHeader(line: string, mostBytes: number, tell: (path: string) => string): { readonly id: string; readonly type: GitObject["type"]; readonly path: string; readonly size: number } {
  const [, id = "", type, size = "", path = ""] = header.exec(line) ?? [];
  if (type === undefined) throw new WalkError("git-failed", `git does not have an object that the push needs: ${line.slice(0, 100)}`);
  if (Number(size) > mostBytes) throw new WalkError("limit-object-bytes", `${path === "" ? `The ${type} ${id}` : tell(path)} has ${size} bytes; ${mostBytes} are read of one.`);
  return { id, type: type as GitObject["type"], path, size: Number(size) };
}
