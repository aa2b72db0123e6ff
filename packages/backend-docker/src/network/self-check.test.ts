import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { closedProbes, judgeProbes } from "./self-check.ts";

const good = "tcp/172.20.0.1/1 closed\ntcp/172.20.0.1/22 closed\ndns/127.0.0.11/random closed\nprobes 3\n";

test("a bottle from which nothing answers passes", () => {
  expect(() => judgeProbes(good)).not.toThrow();
});

test.each([
  ["a service of the host", good.replace("/22 closed", "/22 open"), "The bottle was stopped: from inside, the host answers at 172.20.0.1 port 22."],
  ["a resolver that asks others", good.replace("random closed", "random open"), "The bottle was stopped: from inside, 127.0.0.11 carries DNS questions out (random name)."],
  ["a probe that could not be made", good.replace("/22 closed", "/22 unknown"), 'The bottle was stopped: of a probe from inside it is not known whether it is closed: "tcp/172.20.0.1/22 unknown".'],
  ["a word nobody knows", `hello\n${good}`, 'The bottle was stopped: of a probe from inside it is not known whether it is closed: "hello".'],
  ["no output", "", "The bottle was stopped: its probes did not come to their end."],
  ["output that breaks off", good.replace("probes 3\n", ""), "The bottle was stopped: its probes did not come to their end."],
  ["a count that does not fit", good.replace("probes 3", "probes 4"), "The bottle was stopped: its probes did not come to their end."],
  ["no probe at all", "probes 0\n", "The bottle was stopped: its probes did not come to their end."],
])("%s stops the launch and is named", (_, output, message) => {
  expect(() => judgeProbes(output)).toThrow(expect.objectContaining({ code: "self-check-failed", message }));
});

test("no address becomes shell", () => {
  expect(closedProbes({ addresses: ["192.0.2.1; touch /tmp/x '$(id)'"] })).toMatch(/ tcp\/192\.0\.2\.1touch\/tmp\/xid\/1 [^;$']*\n$/);
});

test("the script finds a port of this machine that refuses: refused is reachable", () => {
  const output = execFileSync("sh", { input: closedProbes({ addresses: ["127.0.0.1"] }), encoding: "utf8" });
  expect(output).toContain("tcp/127.0.0.1/1 open\n");
  expect(() => judgeProbes(output)).toThrow("the host answers at 127.0.0.1 port 1.");
});
