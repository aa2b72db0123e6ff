import { createScanner } from "@bottle/secret-scan";
import { newObjects, WalkError } from "../git/objects.ts";
import { scanBeside } from "../gitleaks/second-scan.ts";
import { type ScanAnswer, type ScanJob, scanJobKind } from "./scan-job.ts";
import { placeOf, scanObjects, scanRefs } from "./scan-objects.ts";

/**
 * Where this module is: what a process for scans begins with, as source, built, or as a file of a bundle. So it is only ever loaded on demand;
 * together with a program in one file, it would start that program once more.
 */
export const scanProgram: string = import.meta.url;

/** Of the archives in one file. */
const mostEntries = 100_000;
// What ends a scan ends its process.
const never = new AbortController().signal;

if (process.argv[2] === scanJobKind && process.connected) {
  process.once("disconnect", () => process.exit());
  // The first text takes longest.
  createScanner({ known: [] }).text("warm", "");
  process.on("message", (job: ScanJob) => void scan(job).then((answer) => process.send?.(answer)));
}

async function scan({ git, tips, refs, limits, secrets, canaries, packs, gitleaks }: ScanJob): Promise<ScanAnswer> {
  const scanner = createScanner({ known: secrets, canaries, packs, limits: { inflatedBytes: limits.objectBytes, wholeBytes: limits.objectBytes, entries: mostEntries } });
  const inRefs = scanRefs(refs, scanner);
  if (tips.length === 0 || inRefs.length > 0) return { kind: "scanned", push: { objects: 0, bytes: 0, findings: [], unlisted: 0, inRefs } };
  const walk = newObjects((args) => ({ argv: [...git.argv, ...args], env: git.env }), tips, limits, (path) => placeOf(path, scanner));
  try {
    return { kind: "scanned", push: { ...await scanBeside(gitleaks, walk, { scan: (objects) => scanObjects(objects, scanner), signal: never }), inRefs } };
  } catch (error) {
    if (error instanceof WalkError) return { kind: "walk-failed", code: error.code, message: error.message };
    throw error;
  }
}
