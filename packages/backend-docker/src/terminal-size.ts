import type { Writable } from "node:stream";

const setSize = `stty rows "$1" columns "$2" 2>/dev/null; shift 2; exec "$@"`;

/**
 * A command that becomes `argv` on a terminal of the operator's size. The engine's client sets the size only once the
 * program runs, which may have asked for it by then and been told 0 by 0; later changes are the client's to pass on.
 */
export function inSizeOf(output: Writable, argv: readonly string[]): readonly string[] {
  const [rows, columns] = [numberIn(output, "rows"), numberIn(output, "columns")];
  return rows > 0 && columns > 0 ? ["/bin/sh", "-c", setSize, "sh", String(rows), String(columns), ...argv] : argv;
}

function numberIn(object: object, name: string): number {
  const value: unknown = Reflect.get(object, name);
  return typeof value === "number" ? value : 0;
}
