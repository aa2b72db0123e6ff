import { visible } from "../output/visible.ts";
import { fsPath } from "./byte-path.ts";
import type { Change } from "./change.ts";
import { repositoryOf } from "./obeyed.ts";

/**
 * Shell commands with which the operator settles a conflict over one file: look at both, then take the agent's. None where a
 * command would write through a link, or tear a repository apart: these need a person's eye.
 */
export function byHand({ path, action, verdict, home, after }: Change, sides: { readonly home: string; readonly copy: string }): readonly string[] {
  if (verdict !== "conflict" || repositoryOf(path) !== undefined) return [];
  const [yours, theirs] = [shellWord(fsPath(sides.home, path)), shellWord(fsPath(sides.copy, path))];
  if (!after) return home?.type === "file" ? [`take the agent's deletion: rm -- ${yours}`] : [];
  if (after.type !== "file" || action === "mode") return [];
  const take = `take the agent's: cp -P --remove-destination -- ${theirs} ${yours}`;
  // `cat -v`: an agent's file may hold what moves the cursor.
  if (home?.type === "file") return [`compare: diff -u -- ${yours} ${theirs} | cat -v`, take];
  return !home && action === "modify" ? [`look: cat -v -- ${theirs}`, take] : [];
}

/** A path as one word of bash, visible and exact: what is not plain text goes as bytes. */
export function shellWord(path: Buffer): string {
  const text = path.toString("utf8");
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text;
  if (visible(text) === text && Buffer.from(text).equals(path)) return `'${text.replaceAll("'", `'\\''`)}'`;
  const bytes = [...path].map((byte) => (byte > 0x1f && byte < 0x7f && byte !== 0x27 && byte !== 0x5c ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`));
  return `$'${bytes.join("")}'`;
}
