import { expect, test } from "vitest";
import { formatProblems } from "@bottle/standalone";
import { parseConfig } from "./parse-config.ts";
import { shown as shownOf } from "./read-config.ts";

const shown = (text: string): string => {
  const parsed = parseConfig(text, { file: "gate.yaml", folder: "/" });
  return parsed.ok ? "" : formatProblems(parsed.problems, text, shownOf);
};

test("a problem shows its place, the line, a caret, what is wrong and the mend", () => {
  expect(shown("listen: 9418\ndirectory: d\nrepositories:\n  - name: app\n    upstream: https://git.example/a.git\n    identity_file: key\n")).toBe(`gate.yaml:1:9
    listen: 9418
            ^
"9418" is neither an address with a port nor the path of a socket.
  → 127.0.0.1:9418`);
  expect(shown("listen: 127.0.0.1:1\ndirectory: d\nrepositories:\n  - name: app\n    upstream: git@git.example:a.git\n")).toBe(`gate.yaml:5:15
        upstream: git@git.example:a.git
                  ^
Nothing says which host key is the upstream's, and none is trusted because it came first.
  → known_host_key: ssh-ed25519 AAAA… (compare what \`ssh-keyscan -t ed25519 git.example\` prints with what the host's operator says),
    or known_hosts: [/etc/ssh/ssh_known_hosts]`);
});

test.each([
  "secrets: { T: real-secret }",
  "secrets:\n  T: real-secret",
  "secrets:\n  T: { env: real-secret }",
  "secrts:\n  T: real-secret",
  "secrets:\n  T: @real-secret",
  "secrets:\n  T: *real-secret",
  "secrets:\n  T: { env: [real-secret }",
  "canaries: [real-secret]",
  "{ secrets: { T: real-secret } }",
  "repositories:\n  - name: a\n    upstream: https://user:real-secret@git.example/a.git",
  "repositories:\n  - name: a\n    token: real-secret",
  "repositories:\n  - { name: a, password: real-secret }",
])("a secret written into the file by mistake is not shown: %j", (part) => {
  const text = `listen: 127.0.0.1:1\ndirectory: d\n${part}\n`;
  expect(shown(text)).toMatch(/gate\.yaml:\d+:\d+/);
  expect(shown(text)).not.toMatch(/real.secret/);
});

test("nothing of the file moves the terminal", () => {
  expect(shown("listen: 127.0.0.1:1\ndirectory: d\nrepositories: [{ name: \"a\\e[2J\" }]\n# \u001b[2J\u202e")).not.toMatch(/[\u001b\u202e]/);
  expect(shown("listen: \u001b[2J\n")).not.toContain("\u001b");
});
