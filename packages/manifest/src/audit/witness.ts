import { readJson } from "../state/read-json.ts";
import { witnessEntrySchema } from "./schema.ts";

/** A checkpoint's place in the log. */
export interface AuditHead {
  /** Number of the checkpoint's line. */
  readonly seq: number;
  /** SHA-256, in hex, of the line's bytes without its line feed. */
  readonly hash: string;
  /** The launch's public key, as in `CheckpointEvent`. */
  readonly key: string;
  readonly closed?: true;
}

/** What the keeper noted outside the bottle's folder: a head the sidecars told it over their standard output, or that they ended by themselves. */
export type WitnessEntry =
  /** `time`: ISO 8601, UTC. `announced`: it is what a launch begins with, and was not written yet. */
  | (AuditHead & { readonly time: string; readonly announced?: true })
  | { readonly time: string; readonly died: string };

/** The text of `witness/<identity>.jsonl`: of each launch the head it was to begin with, and the last one told. */
export function formatWitness(entries: readonly WitnessEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

/** Reads what `formatWitness` wrote. @throws ManifestError `witness-invalid` */
export function parseWitness(text: string): readonly WitnessEntry[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => readJson(line, { schema: witnessEntrySchema, code: "witness-invalid", noun: "A line of the witness" }));
}
