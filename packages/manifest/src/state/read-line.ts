import * as v from "valibot";

/** A line between sidecars and their keeper, as the schema has it; undefined for any other line. Never throws: each side hears lines that are not for it. */
export function readLine<T>(line: string, schema: v.GenericSchema<unknown, T>): T | undefined {
  const read = v.safeParse(schema, parse(line));
  return read.success ? read.output : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
