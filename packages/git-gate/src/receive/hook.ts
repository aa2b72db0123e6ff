import { isUtf8 } from "node:buffer";
import { chmod, writeFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { quarantineVariables } from "../git/environment.ts";
import { printable } from "../printable.ts";
import { parseRefUpdates, type RefUpdate } from "./ref-updates.ts";

/**
 * The pre-receive hook: it hands what git told it to the gate on descriptor 3 and waits for the verdict on 4, which git hands down untouched. It ends in a refusal whenever the gate is gone,
 * says anything else, or was never there: a push by any other way finds no gate at its descriptors.
 */
const script = `#!/bin/sh
# Written by bottle's git gate at each start. What this hook does not see is refused.
{ ${quarantineVariables.map((name) => `printf '%s\\n' "\${${name}-}"`).join("; ")}; cat; printf '\\0'; } >&3 || exit 1
while IFS= read -r line <&4; do
  case $line in
    "say "*) printf '%s\\n' "\${line#say }" >&2 ;;
    accept) exit 0 ;;
    *) exit 1 ;;
  esac
done
exit 1
`;

/** Writes the hook. @param file its path, in a directory that nobody else writes to */
export async function writeHook(file: string): Promise<void> {
  await writeFile(file, script, { mode: 0o700 });
  await chmod(file, 0o700);
}

/** What a hook asks. */
export interface HookQuestion {
  readonly updates: readonly RefUpdate[];
  /** The variables of git's quarantine. */
  readonly quarantine: Readonly<Record<string, string>>;
}

const mostBytes = 4 * 1024 * 1024;
/** A name of a ref may hold line ends when a hook is asked, and any other byte but this one. */
const end = 0;

/** Reads a hook's question. `undefined` if git ended before it asked, or for what no hook of ours says. */
export async function readQuestion(from: Readable): Promise<HookQuestion | undefined> {
  let whole = Buffer.alloc(0);
  for await (const chunk of from) {
    whole = Buffer.concat([whole, chunk as Buffer]);
    if (whole.length > mostBytes) return undefined;
    if (whole.at(-1) === end) break;
  }
  // A name that is no UTF-8 would go to the upstream as another.
  if (whole.indexOf(end) !== whole.length - 1 || !isUtf8(whole)) return undefined;
  const lines = whole.toString("utf8", 0, whole.length - 1).split("\n");
  const quarantine = Object.fromEntries(quarantineVariables.flatMap((name, index) => lines[index] ? [[name, lines[index]]] : []));
  const updates = parseRefUpdates(lines.slice(quarantineVariables.length).join("\n"));
  return updates === undefined ? undefined : { updates, quarantine };
}

/** Tells a hook what to say to whoever pushes, then whether the push is accepted. */
export function answer(to: Pick<Writable, "end">, verdict: { readonly accepted: boolean; readonly say: readonly string[] }): void {
  const lines = verdict.say.flatMap((text) => text.split("\n")).map((line) => `say ${printable(line)}\n`);
  to.end(`${lines.join("")}${verdict.accepted ? "accept" : "refuse"}\n`);
}
