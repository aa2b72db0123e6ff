import { WalkError, type GitObject } from "../git/objects.ts";
import type { PushFinding } from "../scan/finding.ts";
import { shown, type ScannedPush } from "../scan/scan-objects.ts";
import { type Batch, createBatch } from "./batch.ts";
import type { Gitleaks } from "./find-gitleaks.ts";
import { isNoise } from "./noise.ts";
import type { ReportedFinding } from "./parse-report.ts";

const batchBytes = 64 * 1024 * 1024;
const batchFiles = 4_096;
const runMs = 600_000;

type Seen = Pick<GitObject, "id" | "type" | "path">;

/**
 * Lets gitleaks look through the contents of a walk that is scanned anyway, beside it: what passes is put into files, and a run begins whenever there
 * are enough of them, while the walk goes on. So no object is read twice, and two batches at most are on the disk.
 * @param scan our own scan of the walk
 * @throws WalkError `gitleaks-failed` if any run did not end as it must
 */
export async function scanBeside(gitleaks: Gitleaks | undefined, objects: AsyncIterable<GitObject>, { scan, signal }: {
  readonly scan: (objects: AsyncIterable<GitObject>) => Promise<ScannedPush>;
  readonly signal: AbortSignal;
}): Promise<ScannedPush> {
  if (gitleaks === undefined) return scan(objects);
  const runs = createRuns(gitleaks, signal);
  try {
    const own = await scan(runs.watch(objects));
    return { ...own, findings: [...own.findings, ...(await runs.end()).filter((finding) => !isKnown(own.findings, finding))] };
  } finally {
    await runs.settled();
  }
}

interface Runs {
  watch(objects: AsyncIterable<GitObject>): AsyncGenerator<GitObject>;
  /** Runs what is left. @returns all findings */
  end(): Promise<readonly PushFinding[]>;
  /** Nothing is under way, and no file is left. Never rejects. */
  settled(): Promise<void>;
}

function createRuns({ program, directory }: Gitleaks, signal: AbortSignal): Runs {
  const seen = new Map<string, Seen>();
  const findings: PushFinding[] = [];
  let batch: Batch | undefined;
  let running: Promise<void> = Promise.resolve();
  const look = async (full: Batch): Promise<void> => {
    await using files = full;
    const found = await files.run({ signal, timeoutMs: runMs }).catch((cause: unknown) => {
      throw new WalkError("gitleaks-failed", `gitleaks has to look through the push as well, and failed: ${cause instanceof Error ? cause.message : String(cause)}`);
    });
    findings.push(...found.flatMap((one) => toFinding(one, seen)));
  };
  const flush = async (): Promise<void> => {
    const full = batch;
    if (full === undefined) return;
    // One run at a time: the walk waits, and the disk holds no more.
    await running;
    batch = undefined;
    running = look(full);
    running.catch(() => {});
  };
  return {
    async *watch(objects) {
      for await (const object of objects) {
        if (object.type !== "tree") {
          seen.set(object.id, { id: object.id, type: object.type, path: object.path });
          batch ??= await createBatch(program, directory);
          batch.add(object.id, object.content);
          if (batch.bytes >= batchBytes || batch.files >= batchFiles) await flush();
        }
        yield object;
      }
    },
    async end() {
      await flush();
      await running;
      return findings;
    },
    async settled() {
      await running.catch(() => {});
      await batch?.[Symbol.asyncDispose]();
    },
  };
}

function toFinding({ rule, file, line }: ReportedFinding, seen: ReadonlyMap<string, Seen>): readonly PushFinding[] {
  const object = seen.get(file);
  if (object === undefined) throw new WalkError("gitleaks-failed", "gitleaks reported a file that it was not given.");
  if (isNoise(rule, object.path)) return [];
  return [{ rule: `gitleaks:${rule}`, kind: "gitleaks", object: object.id, type: object.type, ...(object.path === "" ? {} : { path: shown(object.path) }), line }];
}

// Both have found the same.
function isKnown(own: readonly PushFinding[], { object, line }: PushFinding): boolean {
  return own.some((finding) => finding.object === object && finding.line === line);
}
