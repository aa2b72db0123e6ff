import { expect, test } from "vitest";
import { readAwsKeys } from "./keys.ts";

const id = ["AKIA", "TESTTESTTEST"].join("");
const secret = ["a+b/c".repeat(4), "0123456789"].join("");
const json = { Version: 1, AccessKeyId: id, SecretAccessKey: secret };

test.each([
  [`${id}:${secret}`, { accessKeyId: id, secretAccessKey: secret }],
  [`${id}:${secret}:t/o+k==`, { accessKeyId: id, secretAccessKey: secret, sessionToken: "t/o+k==" }],
  [JSON.stringify(json, undefined, 2), { accessKeyId: id, secretAccessKey: secret }],
  [JSON.stringify({ ...json, SessionToken: "t", Expiration: "2026-01-01T00:00:00Z" }), { accessKeyId: id, secretAccessKey: secret, sessionToken: "t" }],
  [JSON.stringify({ ...json, SessionToken: null }), { accessKeyId: id, secretAccessKey: secret }],
])("keys are read from either form", (value, keys) => expect(readAwsKeys(value)).toEqual(keys));

test.each([
  "", ":", id, `${id}:`, `${id}:short`, `:${secret}`, `${id}:${secret}:`, `${id}:${secret}:t:more`, `${id}:${secret}\n`, `${id} :${secret}`,
  "{", "{}", "[]", JSON.stringify({ ...json, AccessKeyId: 7 }), JSON.stringify({ ...json, SessionToken: "a\nb" }), JSON.stringify({ ...json, SessionToken: 7 }),
])("what is not keys is not taken for them", (value) => expect(readAwsKeys(value)).toBeUndefined());
