const digit = /\d/;
const lower = /[a-z]/;
const upper = /[A-Z]/;

/** How many different characters there are. */
export function distinct(text: string): number {
  return new Set(text).size;
}

/** Shannon entropy in bits for each character; 0 for an empty text. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts.values()].reduce((bits, count) => bits - (count / total) * Math.log2(count / total), 0);
}

/** Made by a random generator, as far as its look tells: not `xxxxxxxx`, not `your-api-key-here`. */
export function isRandom(text: string): boolean {
  return distinct(text) >= Math.min(10, text.length / 2) && isMixed(text);
}

/** Hexadecimal digits as random as they come. */
export function isRandomHex(text: string): boolean {
  return distinct(text.toLowerCase()) >= 8 && digit.test(text) && /[a-f]/i.test(text);
}

/** Letters in both cases, or letters and digits. */
function isMixed(text: string): boolean {
  const hasLower = lower.test(text);
  const hasUpper = upper.test(text);
  return (hasLower && hasUpper) || (digit.test(text) && (hasLower || hasUpper));
}

/** A check that what comes after the prefix is random. */
export function randomAfter(prefix: RegExp): (match: string) => boolean {
  return (match) => isRandom(match.replace(prefix, ""));
}

/** A check that what comes after the prefix is random hexadecimal digits. */
export function randomHexAfter(prefix: RegExp): (match: string) => boolean {
  return (match) => isRandomHex(match.replace(prefix, ""));
}

const standIns = new Set(["password", "passwd", "pass", "pwd", "passphrase", "secret", "token", "apikey", "changeme", "changeit", "example", "user",
  "username", "admin", "root", "test", "guest",
  "default", "postgres", "mysql", "mongodb", "redis", "rabbitmq", "null", "none", "undefined", "true", "false", "redacted", "hidden", "masked", "foo", "bar",
    "foobar", "hunter"]);
const standInForm =
  /^(?:[*x.•_-]{1,200}|\$.{0,200}|%[a-z(].{0,200}|[<[{].{0,200}|your.{0,200}|my[-_]?(?:password|secret|token|key).{0,40}|.{0,80}(?:placeholder|example|changeme|change[-_]me).{0,80})$/i;

/** What documents and templates write where a secret would stand: `password`, `***`, `${TOKEN}`, `<token>`, `%s`, `your-key`. */
export function isStandIn(value: string): boolean {
  return standIns.has(value.toLowerCase().replaceAll(/[-_\d]/g, "")) || standInForm.test(value);
}
