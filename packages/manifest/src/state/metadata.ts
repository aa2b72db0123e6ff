import * as v from "valibot";
import { ManifestError } from "../errors.ts";
import type { WorkspaceMode } from "../model.ts";
import { checkShape, parseJson } from "./read-json.ts";

/** What bottle knows of one launch: `state/<identity>/metadata.json`. Holds no secret. Times are ISO 8601 in UTC. */
export interface Metadata {
  readonly version: 1;
  /** `<agent>-<5 base36>`. */
  readonly identity: string;
  readonly agent: string;
  readonly bottle: string;
  /** The agent's kind. */
  readonly kind: string;
  /** The backend's name. */
  readonly backend: string;
  readonly createdAt: string;
  readonly status: "starting" | "running" | "stopped" | "crashed";
  /** Whether the agent ever ran: from then on the state holds its work. */
  readonly agentStarted: boolean;
  /** The agent's exit code, once it ended. */
  readonly exitCode?: number;
  /** The process that keeps the bottle; `startTime` is field 22 of /proc/PID/stat, so that a reused pid is not mistaken for it. */
  readonly keeper?: { readonly pid: number; readonly startTime: string };
  readonly workspace: { readonly mode: WorkspaceMode; readonly source?: string; readonly target: string };
  /** The backend's own marks, to find again what it started. */
  readonly resources: Readonly<Record<string, string | number | null>>;
  readonly resumedAt?: string;
  readonly endedAt?: string;
}

const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/));
const text = v.pipe(v.string(), v.minLength(1));
const pid = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const schema: v.GenericSchema<unknown, Metadata> = v.strictObject({
  version: v.literal(1),
  identity: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,40}-[0-9a-z]{5}$/)),
  agent: text,
  bottle: text,
  kind: text,
  backend: text,
  createdAt: time,
  status: v.picklist(["starting", "running", "stopped", "crashed"]),
  agentStarted: v.boolean(),
  exitCode: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
  keeper: v.exactOptional(v.strictObject({ pid, startTime: v.pipe(v.string(), v.regex(/^\d{1,20}$/)) })),
  workspace: v.strictObject({ mode: v.picklist(["copy", "bind", "none"]), source: v.exactOptional(text), target: text }),
  resources: v.record(v.string(), v.union([v.string(), v.number(), v.null()])),
  resumedAt: v.exactOptional(time),
  endedAt: v.exactOptional(time),
});

/**
 * Reads `metadata.json`.
 * @throws ManifestError `metadata-version` for a version this bottle does not know, `metadata-invalid` for anything else
 */
export function parseMetadata(source: string): Metadata {
  const options = { schema, code: "metadata-invalid", noun: "metadata.json" } as const;
  const value = parseJson(source, options);
  const version = isRecord(value) ? value["version"] : undefined;
  if (typeof version === "number" && version !== 1) {
    throw new ManifestError("metadata-version",
      `metadata.json has version ${version}; this bottle reads version 1. Use the bottle that made it, or a newer one.`);
  }
  return checkShape(value, options);
}

/** The text of `metadata.json`: JSON, two spaces, one line feed at the end. */
export function formatMetadata(metadata: Metadata): string {
  return `${JSON.stringify(metadata, null, 2)}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
