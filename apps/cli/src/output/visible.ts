/** C0 and C1 controls, DEL, and what reorders or hides text: soft hyphen, bidirectional and zero-width characters, tags. */
export const deceptive = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/** What may stay as it is. */
export interface VisibleOptions {
  readonly keepLines?: boolean;
  readonly keepTabs?: boolean;
}

/** A text from elsewhere (agents, files, servers) made safe for a terminal: nothing in it can move the cursor, colour or hide. */
export function visible(text: string, { keepLines = false, keepTabs = keepLines }: VisibleOptions = {}): string {
  return text.replace(deceptive, (character) => {
    if ((keepLines && character === "\n") || (keepTabs && character === "\t")) return character;
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
