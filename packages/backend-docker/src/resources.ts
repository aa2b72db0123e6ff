import type { Metadata } from "@bottle/manifest";

/** What a launch noted of itself, read back. */
export interface Resources {
  /** The compose project; every name follows from it. */
  readonly project: string;
}

/** Reads the resources of a metadata file; undefined if they are not there or not whole. */
export function readResources(noted: Metadata["resources"]): Resources | undefined {
  const { project } = noted;
  return typeof project === "string" ? { project } : undefined;
}
