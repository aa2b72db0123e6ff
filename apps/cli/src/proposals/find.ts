import { CliError, exitStatus } from "../errors.ts";
import { visible } from "../output/visible.ts";

const mostNamed = 5;

/**
 * The one of a given id, which may be cut short, and go without `p-`, as long as only one begins so.
 * @throws CliError `proposal-unknown`, `proposal-ambiguous` with those it could be
 */
export function findById<T>(all: readonly T[], given: string, idOf: (each: T) => string): T {
  const start = given.startsWith("p-") ? given : `p-${given}`;
  const found = all.filter((each) => idOf(each).startsWith(start));
  const exact = found.find((each) => idOf(each) === start);
  const [only] = found;
  if (exact ?? (found.length === 1 && start !== "p-" ? only : undefined)) return (exact ?? only) as T;
  const name = visible(given.slice(0, 40));
  if (found.length === 0) throw new CliError("proposal-unknown", `There is no proposal "${name}".`, { status: exitStatus.identity, mend: "`bottle proposals --all` lists them." });
  const names = `${found.slice(0, mostNamed).map(idOf).join(", ")}${found.length > mostNamed ? ` and ${found.length - mostNamed} more` : ""}`;
  throw new CliError("proposal-ambiguous", `"${name}" could be any of ${names}.`, { status: exitStatus.usage, mend: "Write more of its id." });
}
