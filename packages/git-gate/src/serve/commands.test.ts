import { expect, test } from "vitest";
import { followCommands } from "./commands.ts";

const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, "0")}${text}`;
const command = line(`${"0".repeat(40)} ${"1".repeat(40)} refs/heads/one\0report-status\n`);
const said = (body: string, piece = 7): string | undefined => {
  const take = followCommands(1_000);
  for (let at = 0; at < body.length; at += piece) {
    const fault = take(Buffer.from(body.slice(at, at + piece), "latin1"));
    if (fault !== undefined) return fault;
  }
  return undefined;
};

test.each([["a probe", "0000"], ["a delete", `${command}0000`], ["a push", `${command}${command}0000PACK${"x".repeat(5_000)}0000`]])("%s passes, however it is cut", (_, body) => {
  for (const piece of [1, 3, 64, 10_000]) expect(said(body, piece)).toBeUndefined();
});

test.each([
  ["options after the commands", `${command}0000${line("option")}0000PACK`, "push options"],
  ["a certificate of a signed push", `${line("push-cert\0report-status\n")}${command}0000PACK`, "signed pushes"],
  ["a line of no length", "0003", "not as git writes it"],
  ["what is no line", "POST", "not as git writes it"],
  ["more than is taken", command.repeat(20), "more refs than 1000 bytes"],
])("%s does not", (_, body, words) => {
  for (const piece of [1, 64, 10_000]) expect(said(body, piece)).toContain(words);
});
