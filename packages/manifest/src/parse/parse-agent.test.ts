import { expect, test } from "vitest";
import { agent, agentProblems } from "../testing/bottle-file.ts";

test("an agent is read whole", () => {
  expect(agent("kind: command\nbottle: dev\nskills: [review, write-tests]\ncommand: [my-agent, --auto]\nenv: { A: b }")).toEqual({
    name: "demo", kind: "command", bottle: "dev", skills: ["review", "write-tests"], command: ["my-agent", "--auto"],
    env: { A: { kind: "literal", value: "b" } }, prompt: "Do it.",
    source: {
      file: "agents/demo.md",
      places: {
        kind: { line: 2, column: 7 }, bottle: { line: 3, column: 9 }, skills: { line: 4, column: 1 },
        command: { line: 5, column: 1 }, env: { line: 6, column: 1 }, "env.A": { line: 6, column: 8 },
      },
    },
  });
});

const form = "starting with a letter or digit.";
test.each([
  ["", "0:1 frontmatter-empty The frontmatter holds nothing. → For example:\n---\nkind: claude\nbottle: dev\n---\nYou are a careful engineer."],
  ["kind: claude", "1:1 key-missing `bottle` is missing. → Add a line: bottle: …"],
  ["bottle: dev", "1:1 key-missing `kind` is missing. → Add a line: kind: …"],
  ["kind: clade\nbottle: dev", "1:7 kind-unknown There is no agent kind \"clade\". → Did you mean claude? There are: claude, command"],
  ["kind: claude\nbottle: ../dev", `2:9 name-invalid "../dev" cannot be the name of a bottle: use 1 to 41 of a-z, 0-9 and -, ${form} → For example: dev`],
  ["kind: claude\nbottle: dev\nskills: [../../etc]", `3:10 name-invalid "../../etc" cannot be the name of a skill: use 1 to 64 of a-z, 0-9 and -, ${form} → For example: etc`],
  ["kind: claude\nbottle: dev\nskills: [a, b, a]", "3:16 skill-duplicate The skill \"a\" is here twice. → Keep one of the two."],
  ["kind: claude\nbottle: dev\nskills: a", "3:9 value-type `skills` must be a list, not text."],
  ["kind: command\nbottle: dev", "1:7 command-missing Kind command needs `command`: the program and its arguments. → command: [my-agent, --auto]"],
  ["kind: claude\nbottle: dev\ncommand: [x]", "3:1 command-extra `command` is for kind: command; this agent is \"claude\". → Remove it, or write kind: command."],
  ["kind: command\nbottle: dev\ncommand: []", "3:10 value-empty `command` is an empty list, which could be read as all or as none. → Leave the key out for all, or name some."],
  ["kind: command\nbottle: dev\ncommand: [\"\"]", "3:11 command-invalid The program of `command` is empty. → command: [my-agent, --auto]"],
  ["kind: command\nbottle: dev\ncommand: [x, 8080]", "3:14 value-type `command[1]` must be text, not a number. → Put it in quotes: \"8080\""],
  ["kind: command\nbottle: dev\ncommand: [x, \"a\\0b\"]", "3:14 command-invalid A word of `command` holds a NUL character."],
  ["kind: claude\nbottle: dev\nenv: { https_proxy: x }", "3:8 env-name-reserved https_proxy cannot be set by a manifest: bottle sets the proxy variables to the egress. → Remove the line."],
  ["kind: claude\nbottle: dev\negress: {}", "3:1 key-unknown \"egress\" is not a key here. → There are: kind, bottle, skills, command, env"],
  ["kind: claude\nbottle: 7", "2:9 value-type `bottle` must be text, not a number. → Put it in quotes: \"7\""],
])("%j is refused at its place", (yaml, problem) => {
  expect(agentProblems(yaml, { knownKinds: ["claude", "command"] })).toEqual([problem]);
});

test("without a list of kinds any name is one", () => {
  expect(agentProblems("kind: other\nbottle: dev")).toEqual([]);
});
