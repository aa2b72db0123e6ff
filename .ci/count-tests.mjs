// Adds up the JSON reports of Vitest in a folder: prints "PASSED FAILED SKIPPED"; exits 1 if a project with tests left none.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const counts = { passed: 0, failed: 0, pending: 0 };
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const report = JSON.parse(readFileSync(join(folder, file), "utf8"));
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests + report.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0).length;
  counts.pending += report.numPendingTests + report.numTodoTests;
}
// A room that is still empty has no sources.
const sources = (project) => (existsSync(join(project, "src")) ? readdirSync(join(project, "src"), { recursive: true }) : []);
const hasTests = (project) => sources(project).some((name) => /\.test\.ts$/.test(name));
const projects = ["packages", "apps", "tools"].flatMap((kind) => readdirSync(kind).map((name) => ({ name, path: join(kind, name) })));
const reports = new Set(readdirSync(folder));
const silent = projects.filter(({ name, path }) => hasTests(path) && !reports.has(`${name}.json`)).map(({ name }) => name);
if (silent.length > 0) process.stderr.write(`no test report of: ${silent.join(", ")}\n`);
process.stdout.write(`${counts.passed} ${counts.failed} ${counts.pending}\n`);
process.exit(silent.length > 0 || counts.passed === 0 ? 1 : 0);
