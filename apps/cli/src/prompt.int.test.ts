import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { agentKind, installPlan } from "@bottle/agents";
import { expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";

const text = "Be careful.\n'$HOME' `id`";
const arch = process.arch === "arm64" ? "arm64" : "x64";
const target = { arch, libc: existsSync(`/lib/ld-musl-${arch === "arm64" ? "aarch64" : "x86_64"}.so.1`) ? "musl" : "glibc" } as const;

// Stands where npm would put the program: it tells its arguments and what its home holds.
function plantProgram(programs: string, kind: string, file: string): void {
  const plan = installPlan(agentKind(kind), { directory: programs, target });
  if (!plan) return;
  const path = join(plan.directory, plan.entry);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path.endsWith(".js")
    ? `console.log(process.argv.slice(2).join(" ")); process.stdout.write(require("node:fs").readFileSync(process.env.HOME + "/${file}"));`
    : `#!/bin/sh\necho "$*"\ncat ~/${file}\n`);
  chmodSync(path, 0o755);
}

test.for([
  ["claude", ".claude/CLAUDE.md", ["-p", "Mend it"], "--dangerously-skip-permissions -p Mend it"],
  ["codex", ".codex/AGENTS.md", ["exec", "Mend it"], "--dangerously-bypass-approvals-and-sandbox exec Mend it"],
  ["gemini", ".gemini/GEMINI.md", ["-p", "Mend it"], "--yolo -p Mend it"],
  ["opencode", ".config/opencode/AGENTS.md", ["run", "Mend it"], "run --auto Mend it"],
  ["shell", "AGENTS.md", ["-c", "echo $0 $1; cat ~/AGENTS.md", "Mend", "it"], "Mend it"],
  ["command", "AGENTS.md", ["Mend", "it"], "Mend it"],
] as const)("%s is given the manifest's text in its home and the operator's words as they are, also when it resumes", { timeout: 90_000 }, async ([kind, file, args, argv], { rig }) => {
  plantProgram(join(rig.home, "programs"), kind, file);
  const command = kind === "command" ? `command: [/bin/sh, -c, 'echo "$*"; cat ~/${file}', agent]\n` : "";
  await rig.write("agents/dev.md", `---\nkind: ${kind}\nbottle: dev\n${command}---\n${text}\n`);
  await rig.write("bottles/dev.md", "---\nworkspace: none\n---\n");
  expect(await rig.run(["start", "dev", "--yes", "--", ...args])).toMatchObject({ status: 0, stdout: `${argv}\n${text}` });
  const { stdout, status } = await rig.run(["resume", rig.only(), "--yes", "--", ...args]);
  expect([status, stdout.slice(stdout.indexOf("\n") + 1)]).toEqual([0, text]);
});
