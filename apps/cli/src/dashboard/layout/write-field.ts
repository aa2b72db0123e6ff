import { plain, widthOf } from "../../output/columns.ts";
import type { Prompt } from "../model.ts";
import { lineOf, type Line } from "./line.ts";

const prefix = "> ";

/** The line that is written, with the part around the cursor in sight. */
export function fieldLine(columns: number, { text, cursor }: Extract<Prompt, { kind: "write" }>): Line {
  const room = columns - prefix.length - 2;
  const [at = " "] = [...text.slice(cursor)];
  const before = plain(text.slice(0, cursor));
  const after = plain(text.slice(cursor + (cursor < text.length ? at.length : 0)));
  return lineOf(columns, [prefix, tail(before, room), [plain(at), "chosen"], after]);
}

// The end of a text that is too long.
function tail(text: string, columns: number): string {
  const characters = [...text];
  let first = 0;
  while (widthOf(characters.slice(first).join("")) > columns) first += 1;
  return characters.slice(first).join("");
}
