import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A text to scan. */
export interface Sample {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  /** Whether a scan is to find something. */
  readonly hasSecrets: boolean;
}

const sampleBytes = 1 << 20;
const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** What programs send, 1 MiB of each, clean and with `secrets` strewn in. */
export async function makeSamples(secrets: readonly string[]): Promise<readonly Sample[]> {
  const source = fill(await sources(join(root, "packages")));
  const minified = fill([await readFile(fileURLToPath(import.meta.resolve("execa")), "utf8"), ...(await sources(join(root, "apps")))].map(minify));
  const json = fill([JSON.stringify(conversation(source))]);
  const base64 = fill([pseudoRandom(sampleBytes).toString("base64")]);
  const binary = pseudoRandom(sampleBytes);
  const clean = [
    { name: "source code", contentType: "text/plain", bytes: source },
    { name: "JSON, a model's conversation", contentType: "application/json", bytes: json },
    { name: "minified JavaScript", contentType: "text/javascript", bytes: minified },
    { name: "base64", contentType: "text/plain", bytes: base64 },
    { name: "random bytes", contentType: "application/octet-stream", bytes: binary },
  ];
  const strewn = [source, json].map((bytes, index) => ({ ...clean[index], bytes: strew(bytes, secrets) }));
  return [
    ...clean.map((sample) => ({ ...sample, hasSecrets: false })),
    ...strewn.map(({ name = "", contentType = "", bytes }) => ({ name: `${name}, a secret every 16 KiB`, contentType, bytes, hasSecrets: true })),
  ];
}

// The scan's own sources hold what it looks for, as do those that tests share.
async function sources(folder: string): Promise<readonly string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/node_modules|secret-scan|testing\//.test(file));
  return Promise.all(files.sort().map((file) => readFile(join(folder, file), "utf8")));
}

function fill(texts: readonly string[]): Buffer {
  const text = Buffer.from(texts.join("\n"));
  return Buffer.alloc(sampleBytes, text);
}

// Near enough: one line, no indentation, no comments.
function minify(text: string): string {
  return text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, "").replace(/\s+/g, " ").replace(/ ?([{}()=>,;:?&|+*-]) ?/g, "$1");
}

function conversation(source: Buffer): object {
  const texts = source.toString().match(/[^]{1,4000}/g) ?? [];
  return { model: "some-model", max_tokens: 4096, stream: true, messages: texts.map((content, index) => ({ role: index % 2 === 0 ? "user" : "assistant", content: [{ type: "text", text: content }] })) };
}

/** The same bytes in every run. */
export function pseudoRandom(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state;
  }
  return bytes;
}

function strew(clean: Buffer, secrets: readonly string[]): Buffer {
  const bytes = Buffer.from(clean);
  for (let at = 8 << 10, index = 0; at < bytes.length - 1024; at += 16 << 10, index += 1) bytes.write(` ${secrets[index % secrets.length] ?? ""} `, at, "latin1");
  return bytes;
}
