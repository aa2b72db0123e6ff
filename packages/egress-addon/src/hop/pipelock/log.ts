/** What a supervisor must know of pipelock's log (zerolog JSON, internal/audit/logger.go): that it took a config, or did not. */
export type PipelockLogEntry =
  | { readonly kind: "took"; /** SHA-256, in hex, of the config file's bytes. */ readonly hash: string }
  | { readonly kind: "refused" };

/** Reads one line; `undefined` for what is not about a config. That one was taken is believed of the log on standard output alone. */
export function readLogLine(line: string, from: "stdout" | "stderr"): PipelockLogEntry | undefined {
  if (from === "stderr") return isRefusalLine(line) ? { kind: "refused" } : undefined;
  const entry = parse(line);
  if (entry === undefined) return undefined;
  const { event, status, config_hash: hash, method } = entry;
  const isTaken = event === "startup" || (event === "config_reload" && status === "success");
  if (isTaken && typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash)) return { kind: "took", hash };
  const isRefused = (event === "error" && method === "CONFIG_RELOAD") || (event === "config_reload" && status !== "success");
  return isRefused ? { kind: "refused" } : undefined;
}

// A config that cannot be loaded is told as a plain line on standard error; warnings may come with a reload that is taken.
function isRefusalLine(line: string): boolean {
  return /config reload/i.test(line) && /error|failed|invalid|rejected/i.test(line) && !line.startsWith("WARNING:");
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}
