/** A change of one ref that a push asks for. */
export interface RefUpdate {
  /** Object ids in hex; `undefined` for a ref that is made, or deleted. */
  readonly old?: string | undefined;
  readonly new?: string | undefined;
  readonly ref: string;
}

const line = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/[^\s\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd~^:?*[\\]+|[A-Z_]+)$/u;

/** Reads what git gives a pre-receive hook (githooks): a line of old id, new id and ref for each. `undefined` if any is not as it must be. */
export function parseRefUpdates(text: string): readonly RefUpdate[] | undefined {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length === 0) return undefined;
  const updates = lines.map(parseLine);
  return updates.every((update) => update !== undefined) ? updates : undefined;
}

function parseLine(text: string): RefUpdate | undefined {
  const [, old = "", next = "", ref = ""] = line.exec(text) ?? [];
  if (ref === "" || old.length !== next.length || ref.includes("..") || ref.endsWith(".lock")) return undefined;
  // A branch of that name is taken for the HEAD of a clone.
  if (ref === "refs/heads/HEAD") return undefined;
  return { old: isNone(old) ? undefined : old, new: isNone(next) ? undefined : next, ref };
}

function isNone(id: string): boolean {
  return /^0+$/.test(id);
}
