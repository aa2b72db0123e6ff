import * as v from "valibot";
import type { AuditRecord, GitFinding, LifecycleEvent, RefChange } from "./event.ts";
import type { AuditHead, WitnessEntry } from "./witness.ts";

const text = v.string();
const detail = v.exactOptional(text);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const allowOrDeny = v.picklist(["allow", "deny"]);

const digest = v.pipe(text, v.regex(/^[0-9a-f]{64}$/));
const publicKey = v.pipe(text, v.regex(/^[\w-]{43}$/));
const time = v.pipe(text, v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/));

const finding = v.strictObject({ rule: text, kind: v.picklist(["known", "canary", "pattern", "pack", "unscannable"]), where: text, via: v.array(text) });

const network = v.strictObject({
  type: v.literal("network"),
  decision: allowOrDeny,
  layer: text,
  reason: text,
  host: text,
  port,
  method: text,
  path: text,
  route: v.exactOptional(text),
  status: v.exactOptional(count),
  bytesOut: v.exactOptional(count),
  bytesIn: v.exactOptional(count),
  tokenRef: v.exactOptional(text),
  findings: v.exactOptional(v.array(finding)),
  alarm: v.exactOptional(v.literal(true)),
  count: v.exactOptional(v.pipe(count, v.minValue(1))),
});
const lifecycle = v.strictObject({
  type: v.literal("lifecycle"),
  event: v.picklist(["launch", "ready", "agent-start", "agent-exit", "stop", "crash", "resume", "sidecars-died"]),
  detail,
});
const control = v.strictObject({
  type: v.literal("control"), op: text, outcome: v.picklist(["done", "refused", "failed"]), detail,
});
const objectId = v.pipe(text, v.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/));
/** The shape of what the gate found. */
export const gitFindingSchema: v.GenericSchema<unknown, GitFinding> = v.strictObject({
  rule: text,
  kind: v.picklist(["known", "canary", "pattern", "pack", "unscannable", "lfs", "gitleaks"]),
  object: objectId,
  type: v.picklist(["blob", "tree", "commit", "tag"]),
  path: v.exactOptional(text),
  within: v.exactOptional(text),
  line: v.exactOptional(v.pipe(count, v.minValue(1))),
  commit: v.exactOptional(objectId),
});
/** The shape of a change of one ref. */
export const refChangeSchema: v.GenericSchema<unknown, RefChange> = v.strictObject({ ref: text, old: v.exactOptional(objectId), new: v.exactOptional(objectId) });
const git = v.strictObject({
  type: v.literal("git"),
  decision: allowOrDeny,
  op: v.picklist(["fetch", "push"]),
  repository: text,
  reason: text,
  refs: v.exactOptional(v.array(refChangeSchema)),
  moreRefs: v.exactOptional(v.pipe(count, v.minValue(1))),
  identityFile: v.exactOptional(text),
  objects: v.exactOptional(count),
  bytes: v.exactOptional(count),
  findings: v.exactOptional(v.array(gitFindingSchema)),
});
const proposal = v.strictObject({
  type: v.literal("proposal"), state: v.picklist(["pending", "expired", "withdrawn", "applied", "failed", "refused"]),
  kind: v.picklist(["egress", "pipelock", "capability", "push"]), proposal: v.exactOptional(text), detail,
});
const grant = v.strictObject({
  type: v.literal("grant"), decision: v.picklist(["approved", "rejected", "expired", "used-up", "revoked"]), proposal: text, by: v.exactOptional(text), detail,
});
const checkpoint = v.strictObject({
  type: v.literal("checkpoint"), key: publicKey, signature: v.pipe(text, v.regex(/^[\w-]{86}$/)), closed: v.exactOptional(v.literal(true)),
});
const head = { seq: count, hash: digest, key: publicKey, closed: v.exactOptional(v.literal(true)) };

/** The shape of one line of the audit log. */
export const auditRecordSchema: v.GenericSchema<unknown, AuditRecord> = v.strictObject({
  seq: count,
  time,
  identity: text,
  prev: digest,
  event: v.variant("type", [network, lifecycle, control, git, proposal, grant, checkpoint]),
});

/** The shape of a checkpoint's place in the log. */
export const auditHeadSchema: v.GenericSchema<unknown, AuditHead> = v.strictObject(head);

/** The shape of one line of a witness. */
export const witnessEntrySchema: v.GenericSchema<unknown, WitnessEntry> = v.union([
  v.strictObject({ time, ...head, announced: v.exactOptional(v.literal(true)) }),
  v.strictObject({ time, died: text }),
]);

/** The shape of a step of a bottle's life. */
export const lifecycleSchema: v.GenericSchema<unknown, LifecycleEvent> = lifecycle;
