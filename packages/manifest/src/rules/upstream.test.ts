import { expect, test } from "vitest";
import { upstreamFault } from "./upstream.ts";

test.each([
  "ssh://git@git$.example.com:x/acme/app.git", "ssh://", "https://", "ssh://[", "SSH://[", "git+ssh://git@[/x", "http://http://x", "git://git://git://x", "ssh://git@ssh://x",
])("%s is refused, not thrown over", (text) => {
  expect(upstreamFault(text)).toMatchObject({ code: "upstream-invalid" });
});

test("the mend of another scheme is the same address over one that is forwarded", () => {
  expect(upstreamFault("git+ssh://git@git.example.com/acme/app.git")?.mend).toBe("ssh://git@git.example.com/acme/app.git");
  expect(upstreamFault("http://git.example.com/acme/app.git")?.mend).toBe("https://git.example.com/acme/app.git");
});
