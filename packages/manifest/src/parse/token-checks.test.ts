import { expect, test } from "vitest";
import { bottle, bottleProblems } from "../testing/bottle-file.ts";

const routes = "routes: [{ host: a.test, auth: { scheme: bearer, token_ref: T } }]";
const withToken = (token: string): string => `egress:\n  tokens: { T: ${token} }\n  ${routes}`;
const oneOf = "→ { env: NAME }, { file: ~/PATH } or { command: [PROGRAM, …] }";

test.each([
  ["{ env: OTHER }", { env: "OTHER" }],
  ["{ file: /run/secrets/t }", { file: "/run/secrets/t" }],
  ["{ file: ~/.config/t }", { file: "~/.config/t" }],
  ["{ command: [gh, auth, token] }", { command: ["gh", "auth", "token"] }],
  ["{ command: [/opt/x/gcloud.sh], ttl_seconds: 60, timeout_seconds: 5 }", { command: ["/opt/x/gcloud.sh"], ttlSeconds: 60, timeoutSeconds: 5 }],
  ["{ command: [~/bin/token, \"with a space\"] }", { command: ["~/bin/token", "with a space"] }],
])("%s is a source", (written, source) => {
  expect(bottle(withToken(written)).egress.tokens).toEqual({ T: source });
});

test.each([
  ["{ file: tokens/t }", "2:24 file-path-invalid \"tokens/t\" must be absolute or start with ~/; a manifest is read from more than one place. → For example: ~/.ssh/app_deploy"],
  ["{ file: ~/a/../b }", "2:24 file-path-invalid \"~/a/../b\" has a .. segment. → Write the path without it."],
  ["{ command: [] }", "2:27 command-invalid A command needs a program. → For example: [gh, auth, token]"],
  ["{ command: [./token.sh] }", "2:28 program-invalid \"./token.sh\" must be a program's name, or a path that is absolute or starts with ~/. → For example: [gh, auth, token]"],
  ["{ command: [bin/token] }", "2:28 program-invalid \"bin/token\" must be a program's name, or a path that is absolute or starts with ~/. → For example: [gh, auth, token]"],
  ["{ command: [/usr/../tmp/x] }", "2:28 file-path-invalid \"/usr/../tmp/x\" has a .. segment. → Write the path without it."],
  ["{ command: [gh, \"a\\0b\"] }", "2:32 command-invalid A word of a command cannot hold a NUL character."],
  ["{ command: gh auth token }", "2:27 value-type `egress.tokens.T.command` must be a list, not text."],
  ["{ env: \"A B\" }", "2:23 env-name-invalid \"A B\" cannot be a variable's name: use letters, digits and _, not starting with a digit. → For example: A_B"],
  ["{ command: [gh], ttl_seconds: 0 }", "2:46 value-invalid `egress.tokens.T.ttl_seconds` cannot be \"0\": the least is 1."],
  ["{ command: [gh], timeout_seconds: 601 }", "2:50 value-invalid `egress.tokens.T.timeout_seconds` cannot be \"601\": the most is 600."],
  ["{ file: /t, ttl_seconds: 5 }", "2:28 token-source `ttl_seconds` is for a command; env is read at the start, and a file whenever it has changed. → Remove `ttl_seconds`."],
  ["{}", `2:16 token-source A credential comes from one of env, file and command, not from none of them. ${oneOf}`],
  ["{ env: A, file: /t }", `2:16 token-source A credential comes from one of env, file and command, not from 2 of them. ${oneOf}`],
  ["{ comand: [gh] }", "2:18 key-unknown \"comand\" is not a key of `egress.tokens.T`. → Did you mean command?"],
])("%s is refused, with the mend", (written, problem) => {
  expect(bottleProblems(withToken(written))).toEqual([problem]);
});

test("a value in the place of its source is refused, and not repeated", () => {
  expect(bottleProblems(withToken("ghp_0123456789")).join()).toMatch(/^2:\d+ value-type `T` must hold a map, not text\./);
  expect(bottleProblems(withToken("ghp_0123456789")).join()).not.toContain("ghp_");
});

test("a source that no route uses is refused: its route would go to another credential", () => {
  expect(bottleProblems(`egress:\n  tokens: { TOKN: { file: /t } }\n  routes: [{ host: a.test, auth: { scheme: bearer, token_ref: TOKEN } }]`)).toEqual([
    "2:13 token-unused No route has \"TOKN\" as its token_ref. → Did you mean TOKEN?",
  ]);
  expect(bottleProblems("egress: { tokens: { T: { env: A } } }")).toEqual([
    "1:21 token-unused No route has \"T\" as its token_ref. → Remove it, or name it in a route: auth: { scheme: bearer, token_ref: … }",
  ]);
});

test("the variable that a source names is not forwarded into the bottle", () => {
  expect(bottleProblems(`env: { X: { from_env: REAL } }\n${withToken("{ env: REAL }")}`)).toEqual([
    "1:23 credential-inside X would put REAL into the bottle; a route uses it as token_ref so that it stays out. → Remove X, or give it a placeholder: the egress adds the real value.",
  ]);
});
