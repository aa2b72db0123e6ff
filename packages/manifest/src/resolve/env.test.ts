import { inspect } from "node:util";
import { expect, test } from "vitest";
import { resolveEnv, secretNames } from "../index.ts";
import { agent, bottle } from "../testing/bottle-file.ts";

const dev = bottle("env:\n  LEVEL: debug\n  DB: { from_env: STAGING_DB }\n  KEY: { secret: true }\n  PIN: { secret: true }");
const demo = agent("kind: claude\nbottle: dev\nenv:\n  PIN: literal\n  EXTRA: { from_env: EXTRA }");
const hostEnv = { STAGING_DB: "postgres://u:hunter2@db", EXTRA: "e" };

test("literals are plain, forwarded and asked-for values are secret, and the agent wins over its bottle", () => {
  const env = resolveEnv(dev, demo, hostEnv, { KEY: "k3y", PIN: "ignored" });
  if (!env.ok) throw new Error("refused");
  expect(env.literals).toEqual({ LEVEL: "debug", PIN: "literal" });
  expect(Object.fromEntries(Object.entries(env.forwarded).map(([name, value]) => [name, value.reveal()]))).toEqual({
    DB: "postgres://u:hunter2@db", KEY: "k3y", EXTRA: "e",
  });
  expect(`${JSON.stringify(env)}${inspect(env, { depth: 9, showHidden: true })}`).not.toMatch(/hunter2|k3y/);
});

test("only what the agent does not give is asked for", () => {
  expect(secretNames(dev, demo)).toEqual(["KEY"]);
  expect(secretNames(dev, agent("kind: claude\nbottle: dev"))).toEqual(["KEY", "PIN"]);
});

test("every missing variable is said: its name, who declared it, where, and how to set it", () => {
  expect(resolveEnv(dev, demo, {}, {})).toEqual({
    ok: false,
    problems: [
      { code: "host-variable-missing", file: "bottles/dev.md", line: 4, column: 3, message: "The variable STAGING_DB is not set here; bottle \"dev\" forwards it as DB.", mend: "Set it before the start: export STAGING_DB=…" },
      { code: "secret-missing", file: "bottles/dev.md", line: 5, column: 3, message: "KEY of bottle \"dev\" has no value.", mend: "Give it when `bottle start` asks; that takes a terminal." },
      { code: "host-variable-missing", file: "agents/demo.md", line: 6, column: 3, message: "The variable EXTRA is not set here; agent \"demo\" forwards it as EXTRA.", mend: "Set it before the start: export EXTRA=…" },
    ],
  });
});

test("an empty variable is a value", () => {
  expect(resolveEnv(bottle("env: { A: { from_env: A } }"), agent("kind: claude\nbottle: dev"), { A: "" }, {})).toMatchObject({ ok: true });
});

test.each([
  ["hunter2\nX=y", "a line break", "Give it as one line; encode a file's text, for example with base64."],
  ["hunter2\r", "a line break", "Give it as one line; encode a file's text, for example with base64."],
  ["hunter2\0", "a NUL character", "Give it without that character."],
])("a value with a line break or NUL is refused by name, and is not shown: %j", (value, what, mend) => {
  const env = resolveEnv(bottle("env: { A: { from_env: SRC } }"), agent("kind: claude\nbottle: dev"), { SRC: value }, {});
  expect(env).toEqual({ ok: false, problems: [expect.objectContaining({
    code: "variable-unusable", message: `The value of SRC, which bottle "dev" forwards as A, holds ${what}.`, mend,
  })] });
  expect(JSON.stringify(env)).not.toContain("hunter2");
});

test("what an object inherits is no variable", () => {
  expect(resolveEnv(bottle("env: { A: { from_env: toString } }"), agent("kind: claude\nbottle: dev"), {}, {})).toMatchObject({ ok: false });
});
