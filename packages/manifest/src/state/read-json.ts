import * as v from "valibot";
import { ManifestError, type ManifestErrorCode } from "../errors.ts";
import { visible } from "../text/visible.ts";

/** What to read, and what to call it in an error. */
export interface ReadJsonOptions<T> {
  readonly schema: v.GenericSchema<unknown, T>;
  readonly code: ManifestErrorCode;
  /** For example `metadata.json`. */
  readonly noun: string;
}

/**
 * Parses JSON by a schema.
 * @throws ManifestError with the code given; V8's and valibot's own messages quote the input, so neither is passed on
 */
export function readJson<T>(text: string, options: ReadJsonOptions<T>): T {
  return checkShape(parseJson(text, options), options);
}

/** The JSON value of a text. */
export function parseJson(text: string, { code, noun }: Omit<ReadJsonOptions<unknown>, "schema">): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ManifestError(code, `${noun} is not JSON (${text.length} characters). It may have been cut short.`);
  }
}

/** A value that has the shape of the schema. */
export function checkShape<T>(value: unknown, { schema, code, noun }: ReadJsonOptions<T>): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const faults = result.issues.slice(0, 10).map(describeIssue);
  throw new ManifestError(code, `${noun} is not as bottle writes it: ${faults.join("; ")}.`);
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((item) => visible(String(item.key)).slice(0, 80)).join(".") || "the whole";
  if (issue.expected === "never") return `${path} is unknown`;
  if (issue.type === "strict_object" && issue.received === "undefined" && issue.path) return `${path} is missing`;
  if (issue.kind === "validation") return `${path} has a wrong form`;
  return `${path} must be ${issue.expected ?? "something else"}`;
}
