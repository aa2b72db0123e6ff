import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readQuestion } from "./hook.ts";

const [none, one, two] = ["0", "1", "2"].map((digit) => digit.repeat(40));
const variables = "/q\n/q\n/o\n";
const asked = (...chunks: readonly string[]): ReturnType<typeof readQuestion> => readQuestion(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));

test("a question is read to its end, however it is cut, and nothing is waited for after it", async () => {
  const whole = `${variables}${none} ${one} refs/heads/a\n${one} ${none} refs/heads/b\n\0`;
  const question = { updates: [{ ref: "refs/heads/a", old: undefined, new: one }, { ref: "refs/heads/b", old: one, new: undefined }], quarantine: { GIT_QUARANTINE_PATH: "/q", GIT_OBJECT_DIRECTORY: "/q", GIT_ALTERNATE_OBJECT_DIRECTORIES: "/o" } };
  expect(await asked(whole)).toEqual(question);
  expect(await asked(...whole)).toEqual(question);
  async function* open(): AsyncGenerator<Buffer> {
    yield Buffer.from(`\n\n\n${one} ${none} refs/heads/b\n\0`);
    await new Promise(() => {});
  }
  expect(await readQuestion(Readable.from(open()))).toEqual({ updates: [{ ref: "refs/heads/b", old: one, new: undefined }], quarantine: {} });
});

test.each([
  ["ends where a name with a line end in it does", `${variables}${none} ${one} refs/heads/a\n\n`, `${none} ${two} refs/heads/b\n\0`],
  ["does not end", `${variables}${none} ${one} refs/heads/a\n`],
  ["ends twice", `${variables}${none} ${one} refs/heads/a\n\0${none} ${two} refs/heads/b\n\0`],
  ["asks nothing", `${variables}\0`],
])("a question that %s is none", async (_, ...chunks) => {
  expect(await asked(...chunks)).toBeUndefined();
});
