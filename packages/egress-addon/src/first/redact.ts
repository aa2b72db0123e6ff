/** Takes secrets out of a stream of bytes, in place of each as many asterisks, so that no length changes. */
export interface Redactor {
  /** Bytes that can go on now; what may be the start of a secret is held back. */
  push(chunk: Buffer): Buffer;
  /** What was held back, at the end. */
  flush(): Buffer;
}

/** Makes a redactor; holds back at most one byte less than the longest secret, and only while a secret may be under way. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = secrets.map((secret) => Buffer.from(secret));
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
      for (const needle of needles) blank(bytes, needle);
      const keep = Math.max(0, ...needles.map((needle) => startOf(needle, bytes)));
      held = bytes.subarray(bytes.length - keep);
      return bytes.subarray(0, bytes.length - keep);
    },
    flush() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** A text without the secrets. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, "*".repeat(secret.length)), text);
}

function blank(bytes: Buffer, needle: Buffer): void {
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) bytes.fill("*", at, at + needle.length);
}

/** How many bytes at the end may be the start of the needle. */
function startOf(needle: Buffer, bytes: Buffer): number {
  for (let length = Math.min(needle.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.compare(needle, 0, length, bytes.length - length) === 0) return length;
  }
  return 0;
}
