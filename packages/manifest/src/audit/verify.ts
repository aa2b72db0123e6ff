import { createAuditChain, type AuditLink } from "./chain.ts";
import { checkpointText } from "./checkpoint.ts";
import type { AuditRecord, CheckpointEvent } from "./event.ts";
import type { WitnessEntry } from "./witness.ts";

/** What a log is checked with. */
export interface AuditVerifierOptions {
  /** The bottle whose log it is. */
  readonly identity: string;
  /** The SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
  readonly sha256: (text: string) => string;
  /** Whether an Ed25519 signature (base64url) is of this public key (base64url) and text. Never throws. */
  readonly isSigned: (signed: { readonly key: string; readonly text: string; readonly signature: string }) => boolean;
  /** What the keeper noted; undefined if there is nothing: then nobody says whose signatures they are. */
  readonly witness: readonly WitnessEntry[] | undefined;
}

/** What a whole log proves, and what it does not. Counts are of lines. */
export interface AuditProof {
  readonly ok: true;
  readonly lines: number;
  /** How often the bottle was started. */
  readonly launches: number;
  /** At the end, after the last checkpoint: they could be edited or cut off unseen. A crash leaves some, and so has a bottle that runs. */
  readonly tail: number;
  /** The same of earlier launches that crashed, and of versions that did not sign; `from` is 1-based. Later signatures show them as the next launch found them. */
  readonly gaps: readonly { readonly from: number; readonly lines: number }[];
  /** Whether the last launch ended in order, and its last line says so under its signature. */
  readonly closed: boolean;
  /** The last line the witness has seen, and when; no line up to it was cut off. Absent: it has seen none. */
  readonly witnessed?: { readonly line: number; readonly time: string };
}

/** Where a log is not what was written; `line` is 1-based over all its files. */
export interface AuditFault {
  readonly ok: false;
  readonly line: number;
  readonly reason: string;
}

/** Checks a log line by line. */
export interface AuditVerifier {
  /** @returns the fault, at the first line that has one; later lines are not looked at */
  push(line: string): AuditFault | undefined;
  /** @param tornBytes bytes behind the last line feed: a line that was never finished */
  finish(tornBytes: number): AuditProof | AuditFault;
}

interface Launch {
  readonly key: string;
  readonly closed: boolean;
}

type NotedHead = Extract<WitnessEntry, { readonly seq: number }>;

/** A verifier of one log, to be given all of its lines in order. */
export function createAuditVerifier(options: AuditVerifierOptions): AuditVerifier {
  const follow = createAuditChain(options.sha256);
  const noted = (options.witness ?? []).filter((entry): entry is NotedHead => "seq" in entry);
  // A launch that was announced may not have come to write anything.
  const heads = noted.filter(({ announced }) => !announced);
  const expected = Map.groupBy(heads, ({ seq }) => seq);
  const gaps: { readonly from: number; readonly lines: number }[] = [];
  let [lines, tail, launches] = [0, 0, 0];
  let launch: Launch | undefined;
  let fault: AuditFault | undefined;

  function judge(line: string): string | undefined {
    const link = follow(line);
    if (typeof link === "string") return link;
    const { record } = link;
    if (record.identity !== options.identity) return "It belongs to another bottle.";
    if (record.event.type === "checkpoint") {
      const reason = enter(record, record.event);
      if (reason !== undefined) return reason;
    } else {
      if (launch?.closed) return "It was added after the bottle had ended and its log was closed.";
      tail += 1;
    }
    return contradiction(link);
  }

  function enter(record: AuditRecord, event: CheckpointEvent): string | undefined {
    const { key, signature, closed = false } = event;
    if (!options.isSigned({ key, text: checkpointText(record, event), signature })) return "Its signature is not right: it, or something before it, was changed.";
    if (key !== launch?.key) {
      if (options.witness && !isAnnounced(key, record.seq)) return "It is signed with a key that no launch of this bottle had here.";
      if (tail > 0) gaps.push({ from: lines - tail + 1, lines: tail });
      launches += 1;
    } else if (launch.closed) {
      return "It was added after the bottle had ended and its log was closed.";
    }
    launch = { key, closed };
    tail = 0;
    return undefined;
  }

  function isAnnounced(key: string, seq: number): boolean {
    return noted.some((head) => head.announced && head.key === key && head.seq === seq);
  }

  function contradiction({ record, hash }: AuditLink): string | undefined {
    const seen = expected.get(record.seq)?.find((head) => head.hash !== hash);
    return seen && `The witness saw another line here (${seen.time}).`;
  }

  return {
    push(line) {
      if (fault) return fault;
      const reason = judge(line);
      if (reason !== undefined) return (fault = { ok: false, line: lines + 1, reason });
      lines += 1;
      return undefined;
    },
    finish(tornBytes) {
      if (fault) return fault;
      const last = heads.toSorted((a, b) => b.seq - a.seq)[0];
      if (last && last.seq >= lines) {
        return { ok: false, line: lines + 1, reason: `The log ends here, and the witness saw line ${last.seq + 1} (${last.time}): lines were cut off its end.` };
      }
      if (tornBytes > 0 && launch?.closed) return { ok: false, line: lines + 1, reason: "Something was added after the bottle had ended and its log was closed." };
      return { ok: true, lines, launches, tail, gaps, closed: launch?.closed ?? false, ...(last && { witnessed: { line: last.seq + 1, time: last.time } }) };
    },
  };
}
