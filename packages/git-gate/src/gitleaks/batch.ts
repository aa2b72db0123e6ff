import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../git/run.ts";
import { canaryFiles, canaryRule, makeCanary } from "./canary.ts";
import { foundStatus, scanCommand, type Workplace } from "./command.ts";
import { parseReport, type ReportedFinding } from "./parse-report.ts";

/** A gitleaks that does not do what it has to, so that nothing is known of what it was given. */
class GitleaksError extends Error {
  override readonly name = "GitleaksError";
}

/** Files that gitleaks looks through in one run. Disposing removes them. */
export interface Batch extends AsyncDisposable {
  readonly bytes: number;
  readonly files: number;
  /** Adds a file. @param name a hexadecimal id */
  add(name: string, content: Buffer): void;
  /** Looks them through. @throws GitleaksError unless it ended as it must, with a report, and found the canaries */
  run(limits: { readonly signal?: AbortSignal; readonly timeoutMs: number }): Promise<readonly ReportedFinding[]>;
}

/**
 * Makes an empty one. gitleaks takes what begins with the magic of an application's format for binary and skips it, also if text
 * follows (`ustar` at byte 257 is enough): so each file begins with one line of spaces, of a length that nobody can reckon with.
 * @param folder the gate's own, 0700
 */
export async function createBatch(program: string, folder: string): Promise<Batch> {
  const own = await mkdtemp(join(folder, "run-"));
  const place: Workplace = { objects: join(own, "objects"), home: join(own, "home"), report: join(own, "report.json") };
  for (const path of [place.objects, place.home]) await mkdir(path, { mode: 0o700 });
  const head = Buffer.from(`${" ".repeat(randomInt(300, 1324))}\n`);
  const write = (name: string, content: Buffer): void => writeFileSync(join(place.objects, name), Buffer.concat([head, content]), { mode: 0o600 });
  let [bytes, files] = [0, 0];
  return {
    get bytes() { return bytes; },
    get files() { return files; },
    add(name, content) {
      write(name, content);
      bytes += content.length;
      files += 1;
    },
    async run({ signal, timeoutMs }) {
      for (const name of canaryFiles) write(name, makeCanary());
      const { code, stderr } = await run(scanCommand(program, place, signal), { timeoutMs }).catch((cause: unknown) => {
        throw new GitleaksError("gitleaks could not be run, or took too long.", { cause });
      });
      // Without leaks it would end with 0; but here it has the canaries to find.
      if (code !== foundStatus) throw new GitleaksError(code === 0 ? "gitleaks did not find what was put before it." : `gitleaks ended with ${code ?? "a signal"}.`);
      const complaint = stderr.split("\n").find((line) => line.trim() !== "" && !/ leaks found: [0-9]+$/.test(line.trim()));
      if (complaint !== undefined) throw new GitleaksError("gitleaks complained.", { cause: complaint.slice(0, 500) });
      const findings = parseReport(await readFile(place.report, "utf8").catch(() => ""));
      if (findings === undefined) throw new GitleaksError("gitleaks left no report that can be read.");
      if (!canaryFiles.every((name) => findings.some(({ file, rule }) => file === name && rule === canaryRule))) throw new GitleaksError("gitleaks did not find what was put before it.");
      return findings.filter(({ file }) => !canaryFiles.includes(file)).map((finding) => ({ ...finding, line: Math.max(1, finding.line - 1) }));
    },
    [Symbol.asyncDispose]: () => rm(own, { recursive: true, force: true }),
  };
}
