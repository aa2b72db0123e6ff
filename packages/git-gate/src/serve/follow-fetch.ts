import { gitEnvironment } from "../git/environment.ts";
import { run } from "../git/run.ts";
import type { Served } from "./open-repository.ts";

/** What a fetch asks for and gets, for the record. */
export interface FollowedFetch {
  /** Ids, of tips or, in a partial clone, of any objects. */
  readonly wants: ReadonlySet<string>;
  /** How many objects the pack says it has; `undefined` if there was none. */
  readonly objects: () => number | undefined;
  /** Take request and answer, piece by piece. */
  readonly ask: (chunk: Uint8Array) => void;
  readonly answer: (chunk: Uint8Array) => void;
}

const mostLineBytes = 64;
const mostRefs = 1_000;
/** Of a pack's data in an answer (gitprotocol-pack, side-band-64k). */
const dataBand = 1;

/** Follows a request to `git upload-pack` of any protocol version. What is not as git writes it is not told, and changes nothing. */
export function followFetch(): FollowedFetch {
  const wants = new Set<string>();
  let objects: number | undefined;
  const answer = readLines((line) => {
    const isPack = line[0] === dataBand && line.toString("latin1", 1, 5) === "PACK" && line.length >= 13;
    if (isPack) objects = line.readUInt32BE(9);
    return !isPack;
  });
  const ask = readLines((line) => {
    const [, id] = /^want ([0-9a-f]{40})/.exec(line.toString("latin1")) ?? [];
    if (id !== undefined) wants.add(id);
    return true;
  });
  return { wants, objects: () => objects, ask, answer };
}

/** Hands on how each pkt-line begins (gitprotocol-common), until it is told `false`. */
function readLines(onLine: (beginning: Buffer) => boolean): (chunk: Uint8Array) => void {
  let isOver = false;
  let head = "";
  let left = 0;
  let beginning = Buffer.alloc(0);
  return (chunk) => {
    for (let at = 0; at < chunk.length && !isOver;) {
      if (left === 0) {
        head += String.fromCharCode(chunk[at] ?? 0);
        at += 1;
        if (head.length < 4) continue;
        isOver = !/^[0-9a-f]{4}$/i.test(head);
        // Below 4 are marks without a line.
        left = Math.max(0, Number.parseInt(head, 16) - 4);
        head = "";
        continue;
      }
      const taken = Math.min(left, chunk.length - at);
      beginning = Buffer.concat([beginning, chunk.subarray(at, at + Math.min(taken, mostLineBytes - beginning.length))]);
      left -= taken;
      at += taken;
      if (left > 0) continue;
      isOver = !onLine(beginning);
      beginning = Buffer.alloc(0);
    }
  };
}

/** The refs whose tips were asked for, the first of them if they are many. */
export async function refsOf({ path, scratch }: Served, wants: ReadonlySet<string>): Promise<readonly { readonly ref: string; readonly new: string }[]> {
  if (wants.size === 0) return [];
  const { stdout } = await run({ argv: ["git", "-C", path, "for-each-ref", "--format=%(objectname) %(refname)"], env: gitEnvironment(scratch) });
  const refs = stdout.toString().split("\n").map((line) => ({ new: line.slice(0, line.indexOf(" ")), ref: line.slice(line.indexOf(" ") + 1) }));
  return refs.filter(({ new: id }) => wants.has(id)).slice(0, mostRefs);
}
