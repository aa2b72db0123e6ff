import type { AuditRecord } from "@bottle/manifest";

/** What happened in one start of a bottle. */
export interface Tally {
  readonly requests: { readonly allow: number; readonly deny: number };
  /** Of the bodies. */
  readonly bytes: { readonly out: number; readonly in: number };
  readonly pushes: { readonly allow: number; readonly deny: number };
  /** `ended`: expired, used up or revoked. */
  readonly grants: { readonly approved: number; readonly rejected: number; readonly ended: number };
  readonly alarms: number;
}

/** Counts the records of a log's last start. */
export async function tallyLastStart(records: AsyncIterable<AuditRecord>): Promise<Tally> {
  let tally = nothing;
  let key: string | undefined;
  for await (const { event } of records) {
    // Each start has a key of its own.
    if (event.type === "checkpoint" && event.key !== key) [tally, key] = [nothing, event.key];
    tally = counted(tally, event);
  }
  return tally;
}

// The egress answers it itself; the self-check asks it at each start.
const ownHost = "_egress.local";

const nothing: Tally = { requests: { allow: 0, deny: 0 }, bytes: { out: 0, in: 0 }, pushes: { allow: 0, deny: 0 }, grants: { approved: 0, rejected: 0, ended: 0 }, alarms: 0 };

function counted(tally: Tally, event: AuditRecord["event"]): Tally {
  if (event.type === "network" && event.host === ownHost) return tally;
  if (event.type === "network") {
    const count = event.count ?? 1;
    return {
      ...tally,
      requests: { ...tally.requests, [event.decision]: tally.requests[event.decision] + count },
      bytes: { out: tally.bytes.out + (event.bytesOut ?? 0), in: tally.bytes.in + (event.bytesIn ?? 0) },
      alarms: tally.alarms + (event.alarm ? count : 0),
    };
  }
  // A push that goes through is recorded as clean before it goes, and again once the upstream has it.
  if (event.type === "git" && event.op === "push" && event.reason !== "clean") return { ...tally, pushes: { ...tally.pushes, [event.decision]: tally.pushes[event.decision] + 1 } };
  if (event.type !== "grant") return tally;
  const kind = event.decision === "approved" || event.decision === "rejected" ? event.decision : "ended";
  return { ...tally, grants: { ...tally.grants, [kind]: tally.grants[kind] + 1 } };
}

/** A tally as sentences; what did not happen is left out, but for the requests. */
export function tallyText({ requests, bytes, pushes, grants, alarms }: Tally): string {
  return [
    `${requests.allow} requests allowed, ${requests.deny} denied, ${bytes.out} bytes out, ${bytes.in} in.`,
    ...(pushes.allow + pushes.deny === 0 ? [] : [`Pushes: ${pushes.allow} taken by their upstream, ${pushes.deny} refused.`]),
    ...(grants.approved + grants.rejected + grants.ended === 0 ? [] : [`Grants: ${grants.approved} approved, ${grants.rejected} rejected, ${grants.ended} ended.`]),
    ...(alarms === 0 ? [] : [`Alarms: ${alarms}.`]),
  ].join(" ");
}
