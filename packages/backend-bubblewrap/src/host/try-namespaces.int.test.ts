import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkHost } from "./check-host.ts";
import { tryNamespaces } from "./try-namespaces.ts";

test("this machine can run bottles, and the trial shows it", async () => {
  expect(await checkHost()).toMatchObject({ available: true });
  expect(await tryNamespaces()).toMatchObject({ available: true });
});

test("where namespaces are forbidden the trial says why, with a mend", () => {
  const program = fileURLToPath(new URL("try-namespaces.ts", import.meta.url));
  // A real refusal: inside bubblewrap's --disable-userns nobody can make another one.
  const out = execFileSync("bwrap", [
    "--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--",
    process.execPath, "--conditions=@bottle/source", "--input-type=module", "-e",
    `import { tryNamespaces } from ${JSON.stringify(program)}; console.log(JSON.stringify(await tryNamespaces()))`,
  ], { encoding: "utf8" });
  expect(JSON.parse(out)).toMatchObject({ available: false, reason: expect.stringContaining("User namespaces do not work here"), mend: expect.stringMatching(/Run|run|Allow/) });
});
