import { expect, test } from "vitest";
import { describeRemote } from "./describe-remote.ts";

const ssh = { name: "app", upstream: "git@git.example.com:acme/app.git" };

test.each([
  [ssh, undefined, "app: git@git.example.com:acme/app.git, may push any branch; without a key, host key as in your known_hosts"],
  [{ ...ssh, push: ["**"], identityFile: "/k" }, ["/a", "/b"], "app: git@git.example.com:acme/app.git, may push any branch; with /k, host key as in /a, /b"],
  [
    { ...ssh, push: ["agent/**", "main"], tags: true, force: ["agent/**"], delete: ["wip"], knownHostKey: "ssh-ed25519 AAAA" }, undefined,
    "app: git@git.example.com:acme/app.git, may push agent/** main and new tags, rewind agent/**, delete wip; without a key, host key pinned (ssh-ed25519)",
  ],
  [
    { ...ssh, review: true, stale: "allow" as const, knownHostKey: "ssh-rsa AAAA", identityFile: "/k" }, undefined,
    "app: git@git.example.com:acme/app.git, may push any branch; changes of workflow files, submodules and hooks wait for you; fetched from the gate's copy while it cannot be reached; with /k, host key pinned (ssh-rsa)",
  ],
  [{ name: "open", upstream: "https://git.example.com/acme/open" }, ["/a"], "open: https://git.example.com/acme/open, read only; over HTTPS, without a credential"],
])("%j is one line", (declared, files, line) => {
  expect(describeRemote(declared, files)).toBe(line);
});
