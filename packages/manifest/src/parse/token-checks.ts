import { nearest } from "../rules/nearest.ts";
import { programFault } from "../rules/program.ts";
import { quote } from "../text/visible.ts";
import { entryOf, itemsOf, textOf, valueAt, type Located, type LocatedEntry } from "../yaml/tree.ts";
import type { Report } from "./report.ts";

const kinds = ["env", "file", "command"] as const;
const forCommand = ["ttl_seconds", "timeout_seconds"] as const;
const example = "{ env: NAME }, { file: ~/PATH } or { command: [PROGRAM, …] }";

/** The rules between values of `egress.tokens`. */
export function checkTokens(egress: Located | undefined, report: Report): void {
  const used = itemsOf(valueAt(egress, "routes")).flatMap((route) => textOf(valueAt(route, "auth", "token_ref")) ?? []);
  const tokens = valueAt(egress, "tokens");
  for (const entry of tokens?.kind === "map" ? tokens.entries : []) {
    checkUsed(entry, used, report);
    checkSource(entry, report);
  }
}

// A misspelt name would leave the route to a variable that nobody meant.
function checkUsed({ key, keyOffset }: LocatedEntry, used: readonly string[], report: Report): void {
  if (used.includes(key)) return;
  const folded = used.map((name) => name.toLowerCase());
  const meant = used[folded.indexOf(nearest(key.toLowerCase(), folded) ?? "")];
  report.add(keyOffset, {
    code: "token-unused", message: `No route has ${quote(key)} as its token_ref.`,
    mend: meant === undefined ? "Remove it, or name it in a route: auth: { scheme: bearer, token_ref: … }" : `Did you mean ${meant}?`,
  });
}

function checkSource({ value }: LocatedEntry, report: Report): void {
  if (value.kind !== "map") return;
  checkCommand(valueAt(value, "command"), report);
  const given = kinds.filter((kind) => entryOf(value, kind));
  if (given.length !== 1 && value.entries.every(({ key: name }) => isKnown(name))) {
    report.add(value, { code: "token-source", message: `A credential comes from one of env, file and command, not from ${given.length === 0 ? "none" : given.length} of them.`, mend: example });
  }
  for (const name of forCommand) {
    const entry = entryOf(value, name);
    if (entry && given.length === 1 && given[0] !== "command") {
      report.add(entry.keyOffset, { code: "token-source", message: `\`${name}\` is for a command; env is read at the start, and a file whenever it has changed.`, mend: `Remove \`${name}\`.` });
    }
  }
}

function checkCommand(command: Located | undefined, report: Report): void {
  if (command?.kind !== "list") return;
  const [program] = command.items;
  if (!program) return report.add(command, { code: "command-invalid", message: "A command needs a program.", mend: "For example: [gh, auth, token]" });
  const fault = programFault(textOf(program) ?? "");
  if (textOf(program) !== undefined && fault) report.add(program, fault);
}

function isKnown(name: string): boolean {
  return [...kinds, ...forCommand].some((known) => known === name);
}
