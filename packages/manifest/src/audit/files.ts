/** The name of a log's file once it is full: 1 is the oldest. @param current the file that is written to, for example `audit.jsonl` */
export function rotatedAuditFile(current: string, number: number): string {
  return `${stemOf(current)}.${number}.jsonl`;
}

/** The number of a full file among a log's; undefined for any other name. */
export function rotatedNumber(current: string, name: string): number | undefined {
  const stem = `${stemOf(current)}.`;
  const number = /^([1-9]\d{0,8})\.jsonl$/.exec(name.startsWith(stem) ? name.slice(stem.length) : "")?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Those names of a folder that are a log's files, in the order in which they are read. @param current as of `rotatedAuditFile` */
export function auditFiles(current: string, names: readonly string[]): readonly string[] {
  const full = names.flatMap((name) => {
    const number = rotatedNumber(current, name);
    return number === undefined ? [] : [{ name, number }];
  });
  const sorted = full.sort((a, b) => a.number - b.number).map(({ name }) => name);
  return names.includes(current) ? [...sorted, current] : sorted;
}

function stemOf(current: string): string {
  return current.replace(/\.jsonl$/, "");
}
