import type { AuditEvent } from "@bottle/manifest";

// Fields whose words are fixed by the format. They hold nothing an agent wrote, and a line without them could not be read.
const fixed: Readonly<Record<AuditEvent["type"], readonly string[]>> = {
  network: ["type", "decision"], lifecycle: ["type", "event"], control: ["type", "outcome"], git: ["type", "decision", "op"], grant: ["type", "decision"],
};
const shortest = 4;

/** An event without known secrets: each is taken out of the texts; keys, numbers and fixed words stay. */
export function redact<Event extends AuditEvent>(event: Event, secrets: readonly string[]): Event {
  const known = secrets.filter((secret) => secret.length >= shortest).sort((a, b) => b.length - a.length);
  const clean = Object.entries(event).map(([key, value]) => [key, typeof value === "string" && !fixed[event.type].includes(key) ? without(value, known) : value]);
  return Object.fromEntries(clean) as Event;
}

function without(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, "[secret]"), text);
}
