import type { RefUpdate } from "./ref-updates.ts";

/** Which refs a push may change. */
export interface RefRules {
  /** Branches that may be pushed, as patterns of their names: `*` stands for anything but `/`, `**` for anything. */
  readonly push: readonly string[];
  /** Whether tags may be pushed. */
  readonly tags: boolean;
  /** Branches that may be rewound. */
  readonly force: readonly string[];
  /** Branches, and tags if those may be pushed, that may be deleted. */
  readonly delete: readonly string[];
}

/** Why a ref may not be changed, for people. */
export interface RefRefusal {
  readonly ref: string;
  readonly code: "ref-kind" | "branch-not-allowed" | "tags-not-allowed" | "tag-moved" | "delete-not-allowed" | "rewind-not-allowed" | "ref-changed" | "too-many-refs";
  readonly message: string;
}

// Short names are looked up as either: to push such an id would push what the branch of that name points at.
const misleading = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|refs\/.*)$/is;

/** Judges one update before its objects are looked at. @param isRewind whether the new tip does not contain the old one */
export function judgeRef(rules: RefRules, update: RefUpdate, isRewind: boolean): RefRefusal | undefined {
  const { ref } = update;
  const refuse = (code: RefRefusal["code"], message: string): RefRefusal => ({ ref, code, message });
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1];
  const name = branch ?? tag;
  if (name === undefined) return refuse("ref-kind", `Only branches and tags can be pushed, not ${ref}.`);
  if (update.old === undefined && update.new !== undefined && misleading.test(name)) return refuse("ref-kind", `${name} is called like an object or a ref, and git would take the one for the other. Choose another name.`);
  if (tag !== undefined && !rules.tags) return refuse("tags-not-allowed", "This repository takes no tags: the manifest says tags: true to allow them.");
  if (update.new === undefined) {
    return matchesAny(rules.delete, name) ? undefined : refuse("delete-not-allowed", `${name} may not be deleted: the manifest lists what may under delete.`);
  }
  if (tag !== undefined) return update.old === undefined ? undefined : refuse("tag-moved", `The tag ${tag} exists, and a tag is not moved.`);
  if (!matchesAny(rules.push, name)) return refuse("branch-not-allowed", `The branch ${name} may not be pushed; these may: ${rules.push.join(", ")}.`);
  if (isRewind && !matchesAny(rules.force, name)) {
    return refuse("rewind-not-allowed", `The push to ${name} drops commits that the upstream has. Fetch and merge or rebase on them; the manifest lists what may be forced under force.`);
  }
  return undefined;
}

function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => toRegExp(pattern).test(name));
}

function toRegExp(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*?)/).map((part) => part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("")}$`, "s");
}
