import { parseUpstream } from "@bottle/manifest/upstream";
import { expect, test } from "vitest";
import { undeclared } from "./say.ts";

test.each([
  ["git@h.example.com:acme/app.git", "h.example.com", "acme/app2.git", "app2", "ssh://git@h.example.com/acme/app2.git"],
  ["ssh://deploy@h.example.com:2222/acme/app", "h.example.com", "acme/app2", "app2", "ssh://deploy@h.example.com:2222/acme/app2.git"],
  ["https://h.example.com:8443/acme/app", "h.example.com:8443", "acme/app2", "app2", "ssh://git@h.example.com/acme/app2.git"],
  ["ssh://git@[2001:db8::1]:2222/acme/app", "[2001:db8::1]", "acme/app2", "app2", "ssh://git@[2001:db8::1]:2222/acme/app2.git"],
  ["git@h.example.com:acme/app", "h.example.com", "acme/app.github.io", "app-github-io", "ssh://git@h.example.com/acme/app.github.io.git"],
  ["git@h.example.com:acme/app", "h.example.com", "acme/app/_.Tools_", "tools", "ssh://git@h.example.com/acme/app/_.Tools_.git"],
  ["git@h.example.com:acme/app", "h.example.com", "acme/app_/___", "app", "ssh://git@h.example.com/acme/app_/___.git"],
])("beside %s, %s/%s is told to be declared as the server is reached, under a name that a manifest takes", (declared, host, path, name, upstream) => {
  const beside = parseUpstream(declared);
  if (beside === undefined) throw new Error(`${declared} is no upstream.`);
  expect(undeclared({ kind: "neighbour", host, path, beside }).split("\n").slice(1)).toEqual(["git:", `  - name: ${name}`, `    upstream: ${upstream}`, "    identity_file: ~/.ssh/a-key-of-its-own"]);
});
