/** A value that must not leave. The name may be shown, the value never. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** What was found, where, and behind which encodings. Never any text of what was scanned, but the names of its fields. */
export interface Finding {
  /**
   * The known secret's name; a pattern's or a detector's id; or why something could not be scanned: "archive-too-deep",
   * "archive-too-large", "archive-damaged", "archive-encrypted", "compression-unknown", "encoding-unknown", "encoding-damaged",
   * "too-large", "too-many-parts", "parts-too-deep", "multipart-damaged", "work-limit".
   */
  readonly rule: string;
  readonly kind: "known" | "canary" | "pattern" | "pack" | "unscannable";
  /** For example `query q`, `header X-Foo`, `json $.a.b`, `body`, `part 2 "file.txt"`, `zip "a/b.txt"`. */
  readonly where: string;
  /** Decodings from outside in, for example ["gzip", "base64"]. */
  readonly via: readonly string[];
  readonly severity: "critical" | "high" | "medium" | "low";
}

/** Takes findings, each once. */
export type Report = (finding: Finding) => void;

/** A list of findings in which no rule is twice at one place: the way that was seen first counts. */
export function createFindings(): { readonly report: Report; readonly take: () => readonly Finding[] } {
  const seen = new Set<string>();
  let fresh: Finding[] = [];
  return {
    report(finding) {
      const key = JSON.stringify([finding.kind, finding.rule, finding.where]);
      if (seen.has(key)) return;
      seen.add(key);
      fresh.push(finding);
    },
    take() {
      const taken = fresh;
      fresh = [];
      return taken;
    },
  };
}

/** A report for what is there whole, and one for what is joined from pieces, which tells only what is nowhere whole. */
export function partReport(report: Report): { readonly whole: Report; readonly joined: Report } {
  const told = new Set<string>();
  return {
    whole(finding) {
      told.add(`${finding.kind} ${finding.rule}`);
      report(finding);
    },
    joined(finding) {
      if (!told.has(`${finding.kind} ${finding.rule}`)) report(finding);
    },
  };
}
