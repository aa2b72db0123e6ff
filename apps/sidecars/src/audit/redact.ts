import type { AuditEvent } from "@bottle/manifest";

// Fields whose words are fixed by the format, or that are computed here. They hold nothing an agent wrote, and a line without them could not be read.
const fixed: Readonly<Record<AuditEvent["type"], readonly string[]>> = {
  network: ["type", "decision"], lifecycle: ["type", "event"], control: ["type", "outcome"], git: ["type", "decision", "op"],
  proposal: ["type", "state", "kind"], grant: ["type", "decision"], checkpoint: ["type", "key", "signature"],
};
const shortest = 4;

/** An event without known secrets: each is taken out of the texts; keys, numbers and fixed words stay. */
export function redact<Event extends AuditEvent>(event: Event, secrets: readonly string[]): Event {
  const known = secrets.filter((secret) => secret.length >= shortest).sort((a, b) => b.length - a.length);
  const clean = Object.entries(event).map(([key, value]) => [key, fixed[event.type].includes(key) ? value : within(value, known)]);
  return Object.fromEntries(clean) as Event;
}

// Words of the format within lists.
const fixedWithin: ReadonlySet<string> = new Set(["kind", "type"]);
// Ids that git computes, which have to stay what the format takes; but an agent may name any in a push.
const ids: ReadonlySet<string> = new Set(["object", "commit", "old", "new"]);
// What is shorter may be in an id by chance.
const shortestInId = 16;

// Lists and what is in them as well.
function within(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") return without(value, secrets);
  if (Array.isArray(value)) return value.map((item) => within(item, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => {
    if (fixedWithin.has(key)) return [key, item];
    return [key, ids.has(key) && typeof item === "string" ? withoutInId(item, secrets) : within(item, secrets)];
  }));
}

function without(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, "[secret]"), text);
}

function withoutInId(id: string, secrets: readonly string[]): string {
  return secrets.some((secret) => secret.length >= shortestInId && id.includes(secret)) ? "0".repeat(id.length) : id;
}
