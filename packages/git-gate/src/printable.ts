/** A line without what a terminal obeys or an eye does not see: each such character is a question mark. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
