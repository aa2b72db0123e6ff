/** C0 and C1 controls, DEL, and the characters that reorder or hide text (Unicode bidi and zero-width). */
const deceptive = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text from elsewhere (agents, files, servers) made safe for a terminal: nothing in it can move the cursor, colour or hide. */
export function visible(text: string, { keepLines = false }: { readonly keepLines?: boolean } = {}): string {
  return text.replace(deceptive, (character) => {
    if (keepLines && (character === "\n" || character === "\t")) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
