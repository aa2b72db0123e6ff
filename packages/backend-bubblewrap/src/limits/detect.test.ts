import { expect, test } from "vitest";
import { describeSupport, parseOwnGroups } from "./detect.ts";

test("both versions of /proc/self/cgroup are read", () => {
  expect([...parseOwnGroups("0::/user.slice/session-2.scope\n")]).toEqual([["", "/user.slice/session-2.scope"]]);
  expect([...parseOwnGroups("4:memory:/a:b\n1:cpu,cpuacct:/\nnonsense\n")]).toEqual([["memory", "/a:b"], ["cpu", "/"], ["cpuacct", "/"], ["", "/"]]);
});

test("what cannot be enforced is said", () => {
  const support = describeSupport([["memory", "/g"], ["pids", undefined], ["cpu", undefined]], "cgroup2");
  expect(support).toMatchObject({ memory: "cgroup2", pids: "none", cpu: "none", parents: { memory: "/g" } });
  expect(support.sentences).toEqual(["Limits of pids, cpu are not enforced: no control group here is this user's to write."]);
});

test("where everything can be enforced nothing is said", () => {
  expect(describeSupport([["memory", "/g"], ["pids", "/g"], ["cpu", "/g"]], "cgroup1").sentences).toEqual([]);
});
