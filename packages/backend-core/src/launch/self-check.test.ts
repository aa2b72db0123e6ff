import { expect, test } from "vitest";
import { judgeSelfCheck } from "./self-check.ts";

const good = [
  "direct tcp 192.0.2.1:443 closed", "direct tcp 169.254.169.254:80 closed", "direct tcp 10.0.0.1:22 closed",
  "direct udp 192.0.2.53:53 closed", "sidecar egress answers", "",
].join("\n");

test("a closed bottle whose egress answers passes", () => {
  expect(() => judgeSelfCheck(good, { hasGate: false })).not.toThrow();
});

test.each([
  ["an open way out", good.replace("443 closed", "443 open"), "direct tcp 192.0.2.1:443 open"],
  ["an open datagram", good.replace("53 closed", "53 open"), "direct udp 192.0.2.53:53 open"],
  ["a silent egress", good.replace("answers", "silent"), "sidecar egress silent"],
  ["no output at all", "", ""],
  ["a line too many", `${good}direct tcp x open\n`, "direct tcp x open"],
  ["a line too few", good.replace("sidecar egress answers\n", ""), ""],
])("%s stops the launch and is named", (_, output, found) => {
  expect(() => judgeSelfCheck(output, { hasGate: false })).toThrow(`found "${found}"`);
});

test("of a bottle with a gate the gate's answer is asked for as well, of one without none is taken", () => {
  const answering = `${good}sidecar git-gate answers\n`;
  expect(() => judgeSelfCheck(answering, { hasGate: true })).not.toThrow();
  expect(() => judgeSelfCheck(good, { hasGate: true })).toThrow('"sidecar git-gate answers" must hold, found ""');
  expect(() => judgeSelfCheck(answering.replace("git-gate answers", "git-gate silent"), { hasGate: true })).toThrow('found "sidecar git-gate silent"');
  expect(() => judgeSelfCheck(answering, { hasGate: false })).toThrow('found "sidecar git-gate answers"');
});
