import { deceptive } from "./visible.ts";

/**
 * A value as JSON, for programs and for terminals: what JSON leaves as it is and a terminal obeys or hides (C1 controls,
 * bidirectional characters, tags) is escaped. Names and hosts in it are the agent's.
 */
export function jsonText(value: unknown, { isOneLine = false }: { readonly isOneLine?: boolean } = {}): string {
  return JSON.stringify(value, undefined, isOneLine ? undefined : 2).replace(deceptive, (character) => (character === "\n" ? character : escaped(character)));
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join("");
}
