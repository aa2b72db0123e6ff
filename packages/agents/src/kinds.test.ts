import { expect, test } from "vitest";
import { agentKind, agentKinds } from "./kinds.ts";
import type { ArgvRequest } from "./model.ts";

const plain: ArgvRequest = { resume: false, autonomy: "full", interactive: true, extra: [] };
const argvs = (name: string, change: Partial<ArgvRequest>): string => agentKind(name).argv({ ...plain, ...change }).join(" ");

test("an unknown kind is refused with the known ones", () => {
  expect(() => agentKind("cluade")).toThrow('There is no agent kind "cluade".');
  expect(agentKinds.map(({ name }) => name)).toEqual(["claude", "codex", "gemini", "opencode", "shell", "command"]);
});

test.each([
  ["claude", "--dangerously-skip-permissions"],
  ["codex", "--dangerously-bypass-approvals-and-sandbox"],
  ["gemini", "--yolo"],
  ["opencode", "--auto"],
  ["shell", ""],
  ["command", ""],
])("%s starts interactively at full autonomy", (name, argv) => {
  expect(argvs(name, {})).toBe(argv);
  expect(argvs(name, { autonomy: "ask" })).toBe("");
});

test.each([
  ["claude", "--dangerously-skip-permissions --print -- Mend it"],
  ["codex", "--dangerously-bypass-approvals-and-sandbox exec -- Mend it"],
  ["gemini", "--yolo --prompt=Mend it"],
  ["opencode", "run --auto -- Mend it"],
  ["shell", "-c -- Mend it"],
])("%s works on a task without a terminal", (name, argv) => {
  expect(argvs(name, { interactive: false, prompt: "Mend it" })).toBe(argv);
});

test.each([
  ["claude", "--dangerously-skip-permissions -- Mend it"],
  ["codex", "--dangerously-bypass-approvals-and-sandbox -- Mend it"],
  ["gemini", "--yolo --prompt-interactive=Mend it"],
  ["opencode", "--auto --prompt=Mend it"],
])("%s begins with a task on a terminal", (name, argv) => {
  expect(argvs(name, { prompt: "Mend it" })).toBe(argv);
});

test.each([
  ["claude", "--dangerously-skip-permissions --continue"],
  ["codex", "--dangerously-bypass-approvals-and-sandbox resume --last --include-non-interactive"],
  ["gemini", "--yolo --resume latest"],
  ["opencode", "--auto --continue"],
  ["shell", ""],
])("%s resumes its last conversation", (name, argv) => {
  expect(argvs(name, { resume: true })).toBe(argv);
});

test.each([
  ["claude", ["-p", "Mend it"], "--dangerously-skip-permissions --continue -p Mend it"],
  ["codex", ["exec", "--json", "Mend it"], "--dangerously-bypass-approvals-and-sandbox exec resume --last --json Mend it"],
  ["opencode", ["run", "Mend it"], "run --auto --continue Mend it"],
])("%s takes the operator's own arguments as given, also when it resumes", (name, extra, argv) => {
  expect(argvs(name, { resume: true, extra })).toBe(argv);
});

test.each([
  ["claude", ["--print", "-x", "--", "--help me"], ["-x", "--", "--help me"]],
  ["codex", ["exec", "-x", "--", "--help me"], ["-x", "--", "--help me"]],
  ["gemini", ["--prompt=--help me", "-x"], ["--prompt-interactive=--help me", "-x"]],
  ["opencode", ["run", "-x", "--", "--help me"], ["--prompt=--help me", "-x"]],
  ["shell", ["-c", "--", "--help me", "-x"], ["-c", "--", "--help me", "-x"]],
])("%s cannot take a prompt for an option, and takes the operator's options for options", (name, headless, onTerminal) => {
  const request: ArgvRequest = { ...plain, autonomy: "ask", prompt: "--help me", extra: ["-x"] };
  expect(agentKind(name).argv({ ...request, interactive: false })).toEqual(headless);
  expect(agentKind(name).argv(request)).toEqual(onTerminal);
});

test.each(["7", "-7", "0x1f"])("opencode is not given %s as a number", (prompt) => {
  expect(agentKind("opencode").argv({ ...plain, interactive: false, prompt })).toEqual(["run", "--auto", "--", ` ${prompt}`]);
});

test("a command is given the prompt as its first argument, and reads it in its own way", () => {
  expect(agentKind("command").argv({ ...plain, prompt: "--help me", extra: ["-x"] })).toEqual(["--help me", "-x"]);
});

test("no prompt, path or name can break out of the file it is written to", () => {
  const evil = '"]\n[features]\nx = true\u007f';
  const files = agentKinds.flatMap((kind) => kind.homeFiles({
    prompt: evil, workspacePath: `/w${evil}`, mcpServers: [{ name: evil, url: evil }],
  }));
  for (const { path, content } of files.filter((file) => file.path.endsWith(".json"))) expect(() => JSON.parse(content), path).not.toThrow();
  const toml = files.find(({ path }) => path.endsWith(".toml"))?.content ?? "";
  expect(toml.split("\n").filter((line) => line === "[features]")).toHaveLength(1);
  expect(toml).toContain(String.raw`[mcp_servers."\"]\n[features]\nx = true\u007f"]`);
});

test.each([
  ["claude", ".claude/CLAUDE.md"], ["codex", ".codex/AGENTS.md"], ["gemini", ".gemini/GEMINI.md"],
  ["opencode", ".config/opencode/AGENTS.md"], ["shell", "AGENTS.md"], ["command", "AGENTS.md"],
])("%s is given the manifest's prompt in %s, and no such file without one", (name, path) => {
  const files = (prompt: string): readonly string[] => agentKind(name).homeFiles({ prompt, workspacePath: "/workspace", mcpServers: [] })
    .filter((file) => file.path === path).map(({ content }) => content);
  expect(files("Be careful.\n")).toEqual(["Be careful.\n"]);
  expect(files("")).toEqual([]);
});

test("home files stay in the home, and those with a key are their owner's only", () => {
  for (const { path, mode, content } of agentKinds.flatMap((kind) => kind.homeFiles({ prompt: "p", workspacePath: "/workspace", mcpServers: [] }))) {
    expect(path).not.toMatch(/^\/|\.\./);
    if (content.includes("placeholder")) expect(mode, path).toBe(0o600);
  }
});
