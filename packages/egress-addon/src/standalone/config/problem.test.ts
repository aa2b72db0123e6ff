import { expect, test } from "vitest";
import { formatProblems } from "@bottle/standalone";
import { parseConfig } from "./parse-config.ts";
import { shown as shownOf } from "./read-config.ts";

const shown = (text: string): string => {
  const parsed = parseConfig(text, { file: "egress.yaml", folder: "/" });
  return parsed.ok ? "" : formatProblems(parsed.problems, text, shownOf);
};

test("a problem shows its place, the line, a caret, what is wrong and the mend", () => {
  expect(shown("listen: 8080\nca_directory: ca\nroutes:\n  - host: https://a.example/v1\n")).toBe(`egress.yaml:1:9
    listen: 8080
            ^
"8080" is neither an address with a port nor the path of a socket.
  → 127.0.0.1:8080

egress.yaml:4:11
      - host: https://a.example/v1
              ^
"https://a.example/v1" is not a host alone: scheme, port and path have their own keys, or none.
  → host: a.example
    paths: ["/v1"]`);
});

test.each([
  "tokens: { T: real-secret }",
  "tokens:\n  T: real-secret",
  "tokens:\n  T: { env: real-secret }",
  "tokns:\n  T: real-secret",
  "tokens:\n  T: @real-secret",
  "tokens:\n  T: *real-secret",
  "tokens:\n  T: { env: [real-secret }",
  "proxy_credential: { username: u, password: real-secret }",
  "{ tokens: { T: real-secret } }",
  "routes:\n  - host: a.example\n    auth: { scheme: bearr, token_ref: real-secret }",
  "routes:\n  - host: a.example\n    auth:\n      scheme: bearer\n      token_ref: X\n      value: real-secret",
  "routes:\n  - host: a.example\n    token: real-secret",
  "routes:\n  - host: a.example\n    auth: bearer real-secret",
  "routes:\n  - { host: a.example, auth: { scheme: bearer, token_ref: ghp_real_secret } }",
])("a secret written into the file by mistake is not shown: %j", (part) => {
  const text = `listen: 127.0.0.1:1\nca_directory: ca\n${part}\n`;
  expect(shown(text)).toMatch(/egress\.yaml:\d+:\d+/);
  expect(shown(text)).not.toMatch(/real.secret/);
});

test("nothing of the file moves the terminal", () => {
  expect(shown("listen: 127.0.0.1:1\nca_directory: ca\nroutes: [{ host: \"a\\e[2J\" }]\n# \u001b[2J\u202e")).not.toMatch(/[\u001b\u202e]/);
  expect(shown("listen: \u001b[2J\n")).not.toContain("\u001b");
});
