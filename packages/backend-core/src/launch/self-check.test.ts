import { expect, test } from "vitest";
import { judgeSelfCheck } from "./self-check.ts";

const good = [
  "direct tcp 192.0.2.1:443 closed", "direct tcp 169.254.169.254:80 closed", "direct tcp 10.0.0.1:22 closed",
  "direct udp 192.0.2.53:53 closed", "sidecar egress answers", "sidecar git-gate absent", "sidecar supervise absent", "",
].join("\n");
const alone = { hasGate: false, hasSupervise: false };

test("a closed bottle whose egress answers passes", () => {
  expect(() => judgeSelfCheck(good, alone)).not.toThrow();
});

test.each([
  ["an open way out", good.replace("443 closed", "443 open"), "direct tcp 192.0.2.1:443 open"],
  ["an open datagram", good.replace("53 closed", "53 open"), "direct udp 192.0.2.53:53 open"],
  ["a silent egress", good.replace("egress answers", "egress silent"), "sidecar egress silent"],
  ["no output at all", "", ""],
  ["a line too many", `${good}direct tcp x open\n`, "direct tcp x open"],
  ["a line too few", good.replace("sidecar supervise absent\n", ""), ""],
  ["a line that is missing", good.replace("sidecar egress answers\n", ""), "sidecar git-gate absent"],
])("%s stops the launch and is named", (_, output, found) => {
  expect(() => judgeSelfCheck(output, alone)).toThrow(`found "${found}"`);
});

test.each([["git-gate", "hasGate"], ["supervise", "hasSupervise"]] as const)("of a bottle with a %s its answer is asked for, and one without must have nobody there", (name, has) => {
  const answering = good.replace(`${name} absent`, `${name} answers`);
  const silent = good.replace(`${name} absent`, `${name} silent`);
  const withIt = { ...alone, [has]: true };
  expect(() => judgeSelfCheck(answering, withIt)).not.toThrow();
  expect(() => judgeSelfCheck(good, withIt)).toThrow(`"sidecar ${name} answers" must hold, found "sidecar ${name} absent"`);
  expect(() => judgeSelfCheck(silent, withIt)).toThrow(`found "sidecar ${name} silent"`);
  for (const found of [answering, silent]) expect(() => judgeSelfCheck(found, alone)).toThrow(`"sidecar ${name} absent" must hold`);
});
