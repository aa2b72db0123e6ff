import { basename } from "node:path";

/** One finding of a report, without what was found. */
export interface ReportedFinding {
  readonly rule: string;
  /** The file's name, without its folder. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

const mostFindings = 100_000;

/** Reads a report in gitleaks' JSON format. `undefined` for anything that is not one: then nothing is known of what was scanned. */
export function parseReport(text: string): readonly ReportedFinding[] | undefined {
  const report = parseJson(text);
  if (!Array.isArray(report) || report.length > mostFindings) return undefined;
  const findings = report.map(parseFinding);
  return findings.every((finding) => finding !== undefined) ? findings : undefined;
}

function parseFinding(given: unknown): ReportedFinding | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { RuleID: rule, File: file, StartLine: line } = given as Readonly<Record<string, unknown>>;
  if (typeof rule !== "string" || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(rule)) return undefined;
  if (typeof file !== "string" || file === "" || typeof line !== "number" || !Number.isInteger(line) || line < 0) return undefined;
  return { rule, file: basename(file), line };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
