import * as v from "valibot";
import { readLine } from "./read-line.ts";

/**
 * The line by which sidecars have the agent see what is in force: they write `{"show":{"current-config/NAME":TEXT}}` on their
 * standard output, and who started them makes these files of /etc/bottle. No other file of that folder can be made so.
 */
const mostFiles = 8;
const longestText = 1_048_576;
const name = v.pipe(v.string(), v.regex(/^current-config\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
const files = v.pipe(v.record(name, v.pipe(v.string(), v.maxLength(longestText))), v.check((all) => Object.keys(all).length > 0 && Object.keys(all).length <= mostFiles));
const schema = v.strictObject({ show: files });

/** Texts of files as a line, without its end. @param files by names like `current-config/routes.json`, each of at most 1 Mi characters */
export function formatShowLine(files: Readonly<Record<string, string>>): string {
  return JSON.stringify({ show: files });
}

/** The files of a line of the sidecars'; undefined for a line that shows nothing, or anything but 1 to 8 such files. */
export function parseShowLine(line: string): Readonly<Record<string, string>> | undefined {
  return readLine(line, schema)?.show;
}
