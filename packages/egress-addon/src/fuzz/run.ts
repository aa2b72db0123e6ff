import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { check, showsCredential } from "./check.ts";
import { kinds } from "./kinds/index.ts";
import { lanes } from "./names.ts";
import { createRandom } from "./random.ts";
import { startWorld, type World } from "./world.ts";

/** Something that must not be, and the inputs of which one did it. */
export interface FuzzFinding {
  readonly seeds: readonly number[];
  readonly wrong: string;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Bytes of the heap after a collection: once everything is warm, and at the end. */
  readonly heap: { readonly early: number; readonly end: number };
  /** The longest that this process, proxies included, did nothing else than one thing, by its own processor time; milliseconds. */
  readonly longestTurnMs: number;
  readonly findings: readonly FuzzFinding[];
}

const batchSize = lanes * 8;
/** Inputs until all code is loaded, and every certificate made. */
const warmUp = 1_024;
const mostTurnMs = 2_000;
const mostGrowthBytes = 48 * 1024 * 1024;

/** Puts inputs to running proxies until `isOver`, and looks after each batch whether all still holds. The inputs follow from their seeds alone. */
export async function runFuzz(options: { readonly seeds: Iterable<number>; readonly isOver?: (inputs: number) => boolean; readonly onFinding?: (finding: FuzzFinding) => void }): Promise<FuzzReport> {
  const { isOver = () => false, onFinding = () => {} } = options;
  const findings: FuzzFinding[] = [];
  const tell = (finding: FuzzFinding): void => {
    findings.push(finding);
    onFinding(finding);
  };
  const byKind: Record<string, number> = {};
  const heap = { early: 0, end: 0 };
  let inputs = 0;
  let longestTurnMs = 0;
  const turns = watchTurns();
  const escaped: unknown[] = [];
  const onEscape = (error: unknown): void => void escaped.push(error);
  process.on("unhandledRejection", onEscape).on("uncaughtException", onEscape);
  try {
    await using world = await startWorld();
    for (const seeds of batchesOf(options.seeds)) {
      await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
        for (let at = lane; at < seeds.length; at += lanes) await put(world, { seed: seeds[at] ?? 0, lane, tell, byKind });
      }));
      inputs += seeds.length;
      const wrong = [...await check(world), ...escaped.splice(0).map((error) => `It escaped: ${error instanceof Error ? error.stack : String(error)}`)];
      for (const one of wrong) tell({ seeds, wrong: one });
      const turnMs = turns.take();
      if (turnMs > mostTurnMs) tell({ seeds, wrong: `All else stood still for ${Math.round(turnMs)} ms.` });
      longestTurnMs = Math.max(longestTurnMs, turnMs);
      if (heap.early === 0 && inputs >= warmUp) heap.early = heapBytes();
      if (isOver(inputs)) break;
    }
    heap.end = heapBytes();
    if (heap.early > 0 && heap.end - heap.early > mostGrowthBytes) tell({ seeds: [], wrong: `The heap grew from ${heap.early} to ${heap.end} bytes.` });
  } finally {
    turns.stop();
    process.off("unhandledRejection", onEscape).off("uncaughtException", onEscape);
  }
  return { inputs, byKind, heap, longestTurnMs: Math.round(longestTurnMs), findings };
}

/** The seeds of a run, without end. */
export function* seedsFrom(first: number): Generator<number, never> {
  for (let seed = first >>> 0; ; seed = (seed + 0x9e3779b9) >>> 0) yield seed;
}

/** The kind of the input that a seed stands for. */
export function kindOf(seed: number): string {
  return createRandom(seed).pick(kinds)[0];
}

async function put(world: World, { seed, lane, tell,
  byKind }: { readonly seed: number; readonly lane: number; readonly tell: (finding: FuzzFinding) => void; readonly byKind: Record<string,
  number> }): Promise<void> {
  const random = createRandom(seed);
  const [name, kind] = random.pick(kinds);
  byKind[name] = (byKind[name] ?? 0) + 1;
  const heard = await kind({ world, random, lane });
  if (showsCredential(heard)) tell({ seeds: [seed], wrong: `A client was shown the credential (${name}).` });
}

function* batchesOf(seeds: Iterable<number>): Generator<readonly number[]> {
  let batch: number[] = [];
  for (const seed of seeds) {
    batch.push(seed);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

// By processor time, so that a busy machine is not taken for a slow input.
function watchTurns(): { take(): number; stop(): void } {
  let longest = 0;
  let last = process.threadCpuUsage();
  const timer = setInterval(() => {
    const used = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longest = Math.max(longest, (used.user + used.system) / 1_000);
  }, 20);
  return {
    take() {
      const taken = longest;
      longest = 0;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
