import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StandaloneError } from "../errors.ts";
import { formatProblems, type Problem, type Shown } from "./problem.ts";

const largestBytes = 8_388_608;

/** A configuration, or everything that is wrong with it. */
export type Parsed<Config> =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** How a program reads its configuration. */
export interface ConfigReader<Config> {
  /** Pure. `file` is the path as it was given, for messages; relative paths start from `folder`. */
  readonly parse: (text: string, at: { readonly file: string; readonly folder: string }) => Parsed<Config>;
  readonly shown: Shown;
}

/**
 * Reads and checks a configuration file.
 * @throws StandaloneError `config-unreadable`, `config-unsafe`, `config-invalid` with every problem, its place and its mend
 */
export async function readConfigFile<Config>(file: string, cwd: string, { parse, shown }: ConfigReader<Config>): Promise<Config> {
  const path = resolve(cwd, file);
  const text = decode(await readBytes(path, file), file);
  const parsed = parse(text, { file, folder: dirname(path) });
  if (parsed.ok) return parsed.config;
  throw new StandaloneError("config-invalid", formatProblems(parsed.problems, text, shown), { problems: parsed.problems });
}

async function readBytes(path: string, file: string): Promise<Buffer> {
  try {
    await using handle = await open(path);
    const { mode, size } = await handle.stat();
    // Whoever writes it says what leaves.
    if ((mode & 0o002) !== 0) throw new StandaloneError("config-unsafe", `${file} may be written by everyone.`, { mend: `chmod o-w ${file}` });
    if (size <= largestBytes) return await handle.readFile();
  } catch (cause) {
    if (cause instanceof StandaloneError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    throw new StandaloneError("config-unreadable", `${file} cannot be read: ${code}.`, { cause, mend: code === "ENOENT" ? "Name the file: --config PATH" : "Look at the path and its permissions." });
  }
  throw new StandaloneError("config-unreadable", `${file} is larger than ${largestBytes} bytes.`);
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StandaloneError("config-unreadable", `${file} is not UTF-8.`, { cause, mend: "Save it as UTF-8." });
  }
}
