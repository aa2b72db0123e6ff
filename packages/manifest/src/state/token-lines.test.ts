import { expect, test } from "vitest";
import { secretValue, type RenewableTokens, type TokenReading } from "../index.ts";
import { answerTokenRequest, formatTokenRequest, parseTokenReply } from "./token-lines.ts";

const secret = "ghp_\u2028 \" \n end";
const tokens = (read: () => Promise<TokenReading>): RenewableTokens => ({ refs: ["T"], read });
const known = tokens(() => Promise.resolve({ value: secretValue(secret) }));

async function asked(tokenRef: string, from: RenewableTokens): Promise<ReturnType<typeof parseTokenReply>> {
  const line = await answerTokenRequest(formatTokenRequest(tokenRef), from);
  expect(line).not.toContain("\n");
  return parseTokenReply(line ?? "");
}

test("a value goes over as it is, on one line", async () => {
  const reply = await asked("T", known);
  expect(reply?.tokenRef).toBe("T");
  expect(reply && "value" in reply.reading && reply.reading.value.reveal()).toBe(secret);
  expect(JSON.stringify(reply)).not.toContain("ghp_");
});

test("why there is none goes over instead, also where reading failed", async () => {
  expect(await asked("T", tokens(() => Promise.resolve({ problem: "/t is empty" })))).toEqual({ tokenRef: "T", reading: { problem: "/t is empty" } });
  expect(await asked("T", tokens(() => Promise.reject(new Error(secret))))).toEqual({ tokenRef: "T", reading: { problem: "it cannot be read" } });
});

test("a name that is not read again is not asked for, whoever writes the line", async () => {
  const all = tokens(() => Promise.reject(new Error("asked")));
  for (const name of ["OTHER", "__proto__", "", "../T"]) expect(await asked(name, all)).toEqual({ tokenRef: name, reading: { problem: "it is not one that is read again" } });
});

test.each(["", "{", "null", "[]", `{"want":1}`, `{"want":"T","more":1}`, `{"ready":true}`])("%j asks for nothing", async (line) => {
  expect(await answerTokenRequest(line, known)).toBeUndefined();
});

test.each(["", "{", `{"token":"T"}`, `{"token":"T","value":1}`, `{"token":"T","value":"a","problem":"b"}`])("%j is no reply", (line) => {
  expect(parseTokenReply(line)).toBeUndefined();
});
