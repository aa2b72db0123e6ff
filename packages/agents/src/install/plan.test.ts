import { expect, test } from "vitest";
import { agentKind, agentKinds } from "../kinds.ts";
import { installPlan } from "./plan.ts";

const place = { directory: "/home/ann/.bottle/programs", target: { arch: "arm64", libc: "glibc" } } as const;

test("a plan names an exact version, a folder of its own, and the program's place inside", () => {
  expect(installPlan(agentKind("claude"), place)).toEqual({
    package: "@anthropic-ai/claude-code@2.1.329",
    directory: "/home/ann/.bottle/programs/@anthropic-ai+claude-code@2.1.329+arm64-glibc",
    insidePath: "/opt/bottle/programs/@anthropic-ai+claude-code@2.1.329+arm64-glibc",
    entry: "node_modules/@anthropic-ai/claude-code-linux-arm64/claude",
    argv: [
      "npm", "install", "--prefix", ".", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
      "--global=false", "--include=optional", "--os=linux", "--cpu=arm64", "--libc=glibc", "@anthropic-ai/claude-code@2.1.329",
    ],
    insideProgram: ["/opt/bottle/programs/@anthropic-ai+claude-code@2.1.329+arm64-glibc/node_modules/@anthropic-ai/claude-code-linux-arm64/claude"],
  });
});

test("JavaScript is started by the Node inside", () => {
  expect(installPlan(agentKind("gemini"), place)?.insideProgram[0]).toBe("node");
});

test("kinds without a package install nothing", () => {
  expect(["shell", "command"].map((name) => installPlan(agentKind(name), place))).toEqual([undefined, undefined]);
});

test("no two kinds or targets share a folder", () => {
  const targets = (["x64", "arm64"] as const).flatMap((arch) => (["glibc", "musl"] as const).map((libc) => ({ arch, libc })));
  const plans = agentKinds.flatMap((kind) => targets.map((target) => installPlan(kind, { ...place, target }))).filter((plan) => plan !== undefined);
  expect(new Set(plans.map(({ directory }) => directory)).size).toBe(plans.length);
});

test("no package runs scripts of its own and every version is exact", () => {
  for (const kind of agentKinds) {
    const plan = installPlan(kind, place);
    if (plan === undefined) continue;
    expect(plan.argv).toContain("--ignore-scripts");
    expect(plan.package).toMatch(/@[0-9]+\.[0-9]+\.[0-9]+$/);
  }
});
