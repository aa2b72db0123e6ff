import { createHash } from "node:crypto";
import type { GitGateOptions } from "@bottle/git-gate";
import type { AskedPush } from "@bottle/manifest";

type HeldPushes = NonNullable<GitGateOptions["held"]>;
type HeldPush = Parameters<HeldPushes["hold"]>[0];

/** The pushes that the gate holds, for as long as this process runs. */
export interface Held {
  /** The gate's side. */
  readonly gate: HeldPushes;
  /** A push by the id that was told for it. */
  find(id: string): AskedPush | undefined;
  /** Lets exactly this push through, until the upstream has taken it. @throws Error if it is held no more */
  release(push: AskedPush): void;
}

interface Entry {
  readonly push: HeldPush;
  isReleased: boolean;
}

const mostHeld = 100;
const listed = 100;

/**
 * Remembers held pushes by their object ids: of the same ones, one entry; of more than a hundred, the newest, but none that was released and not
 * yet pushed. A push with more to look at than what was shown is another.
 */
export function createHeldPushes(): Held {
  const held = new Map<string, Entry>();
  const forget = (): void => {
    for (const [id, { isReleased }] of held) if (held.size > mostHeld && !isReleased) held.delete(id);
  };
  return {
    gate: {
      async isReleased(push) {
        const entry = held.get(idOf(push));
        return entry?.isReleased === true && isWithin(push, entry.push);
      },
      taken: (push) => void held.delete(idOf(push)),
      async hold(push) {
        const id = idOf(push);
        held.delete(id);
        held.set(id, { push, isReleased: false });
        forget();
        return `ask the operator to release it with the MCP tool push-block of the server supervise: push ${id}, and why. If it is approved, push once more, exactly the same.`;
      },
    },
    find: (id) => {
      const push = held.get(id)?.push;
      return push && askedOf(push);
    },
    release(push) {
      const entry = held.get(idOf(push));
      if (entry === undefined || !isWithin(askedOf(entry.push), push)) throw new Error("The gate holds this push no more: it was pushed again meanwhile, or the bottle was started anew. It has to be pushed and asked for again.");
      entry.isReleased = true;
    },
  };
}

// The operator is told how much is not shown: what stands first is the agent's to choose.
function askedOf({ repository, updates, findings, review, unlisted = 0 }: HeldPush): AskedPush {
  const more = unlisted + Math.max(0, findings.length - listed) + Math.max(0, review.length - listed);
  return { repository, updates, findings: findings.slice(0, listed), review: review.slice(0, listed), ...(more > 0 && { unlisted: more }) };
}

function idOf({ repository, updates }: Pick<HeldPush, "repository" | "updates">): string {
  const changes = updates.map(({ ref, old = "", new: next = "" }) => `${ref} ${old} ${next}`).sort();
  return `h-${createHash("sha256").update(JSON.stringify([repository, changes])).digest("hex").slice(0, 12)}`;
}

function isWithin(push: AskedPush, shown: AskedPush): boolean {
  const found = new Set(shown.findings.map(keyOf));
  const seen = new Set(shown.review);
  const isCounted = (push.unlisted ?? 0) <= (shown.unlisted ?? 0);
  return isCounted && push.findings.every((finding) => found.has(keyOf(finding))) && push.review.every((path) => seen.has(path));
}

function keyOf({ rule, kind, object, path = "", within = "" }: AskedPush["findings"][number]): string {
  return JSON.stringify([rule, kind, object, path, within]);
}
