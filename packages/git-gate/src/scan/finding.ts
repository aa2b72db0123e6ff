import type { GitFinding } from "@bottle/manifest";

/** What stops a push: something found in an object, or something that could not be read; as a line of the audit log holds it. */
export type PushFinding = GitFinding;
