/** An entry of a tree object. */
export interface TreeEntry {
  /** In octal, for example `100644`; `160000` is a submodule. */
  readonly mode: string;
  /** Each byte a character. */
  readonly name: string;
  readonly id: string;
}

/** Reads a tree object's content (gitformat: mode, space, name, NUL, the id's bytes). `undefined` if it is damaged. */
export function parseTree(content: Buffer, idBytes: 20 | 32): readonly TreeEntry[] | undefined {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const end = space === -1 ? -1 : content.indexOf(0, space);
    const next = end + 1 + idBytes;
    if (end === -1 || next > content.length) return undefined;
    const mode = content.toString("latin1", at, space);
    if (!/^[0-7]{5,6}$/.test(mode) || end === space + 1) return undefined;
    entries.push({ mode, name: content.toString("latin1", space + 1, end), id: content.toString("hex", end + 1, next) });
    at = next;
  }
  return entries;
}
