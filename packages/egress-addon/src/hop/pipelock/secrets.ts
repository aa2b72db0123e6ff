/** Secrets as pipelock's `secrets_file` takes them, and how many it cannot take. */
export interface SecretsFile {
  readonly text: string;
  readonly leftOut: number;
}

// pipelock v2.3: one a line, at least 16 characters, at most 1000 lines, and at most 4096 bytes, read here as of the whole file.
const shortest = 16;
const mostLines = 1_000;
const mostBytes = 4_096;

/** Renders known secrets, in order, as many as fit; what has a line break, a leading `#` or outer spaces would be misread. */
export function renderSecretsFile(values: readonly string[]): SecretsFile {
  const lines: string[] = [];
  let bytes = 0;
  for (const value of new Set(values)) {
    const size = Buffer.byteLength(value) + 1;
    const isFit = value.length >= shortest && !/[\r\n\0]/.test(value) && value.trim() === value && !value.startsWith("#");
    if (!isFit || lines.length >= mostLines || bytes + size > mostBytes) continue;
    lines.push(value);
    bytes += size;
  }
  return { text: lines.map((line) => `${line}\n`).join(""), leftOut: new Set(values).size - lines.length };
}
