import { expect, test } from "vitest";
import type { Outgoing } from "../outgoing.ts";
import { resign, type Resigning } from "./resign.ts";

const now = new Date("2026-01-02T03:04:05Z");
const keys = { accessKeyId: "REALKEYID0123456789", secretAccessKey: ["the-real", "secret-key"].join("-") };
const standIn = "bottle-standin0123456789";
const hash = "a".repeat(64);
const authorization = (scope = "eu-west-1/s3", signed = "host;x-amz-date"): string =>
  `AWS4-HMAC-SHA256 Credential=${standIn}/20200101/${scope}/aws4_request, SignedHeaders=${signed}, Signature=${"f".repeat(64)}`;
const s3 = ["Authorization", authorization(), "X-Amz-Date", "20200101T000000Z", "x-amz-content-sha256", hash];
const ask = (headers: readonly string[], options: Partial<Resigning> & { readonly query?: string; readonly hasBody?: boolean } = {}): Outgoing | string => {
  const { query = "", hasBody = false, ...resigning } = options;
  return resign({ method: "GET", path: "/a/b", query, headers, host: "bucket.example.com", hasBody }, { keys, now, ...resigning });
};
const sent = (...args: Parameters<typeof ask>): Outgoing => {
  const outgoing = ask(...args);
  if (typeof outgoing === "string") throw new Error(outgoing);
  return outgoing;
};
const valuesIn = (outgoing: Outgoing, name: string): readonly string[] => outgoing.headers.filter((_, index) => index % 2 === 1 && outgoing.headers[index - 1]?.toLowerCase() === name);

test("nothing of the client's signature goes out, in any copy or spelling", () => {
  const copies = ["x_amz_date", "20200101T000000Z", "X-AMZ-Security-Token", "dummy-token", "x_amz_security_token", "dummy-token", "X-Amz-S3session-Token", "dummy-token", "Date", "today", "X-Api-Key", "dummy-key"];
  const outgoing = sent([...s3, ...copies]);
  expect(outgoing.headers.join("|")).not.toMatch(/standin|20200101|dummy|today|f{64}/);
  expect(valuesIn(outgoing, "authorization")).toEqual([expect.stringMatching(
    /^AWS4-HMAC-SHA256 Credential=REALKEYID0123456789\/20260102\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/)]);
  expect(valuesIn(outgoing, "x-amz-date")).toEqual(["20260102T030405Z"]);
  expect(outgoing.headers.join("|")).not.toContain(keys.secretAccessKey);
});

test("a presigned URL loses its signature, and the rest of the query stays", () => {
  const query = `?a=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${standIn}%2F20200101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Security-Token=dummy&x%2Damz-signature=${"f".repeat(64)}&b=%20`;
  const outgoing = sent([], { query });
  expect(outgoing.query).toBe("?a=1&b=%20");
  expect(valuesIn(outgoing, "x-amz-content-sha256")).toEqual(["UNSIGNED-PAYLOAD"]);
});

test("a session token of the real keys is sent, signed, and must not come back", () => {
  const outgoing = sent(s3, { keys: { ...keys, sessionToken: "real/session+token==" } });
  expect(valuesIn(outgoing, "x-amz-security-token")).toEqual(["real/session+token=="]);
  expect(valuesIn(outgoing, "authorization")[0]).toContain(";x-amz-security-token,");
  expect(outgoing.secrets).toContain("real/session+token==");
});

test("what the client signed and still goes out stays signed, and so is every header of AWS", () => {
  const headers = ["Authorization", authorization("eu-west-1/s3", "content-type;host;range;te;x-amz-date"), "Content-Type", "a/b", "Range", "bytes=0-1", "TE", "x", "X-Amz-Acl", "private", "x-amz-content-sha256", hash, "User-Agent", "me"];
  expect(valuesIn(sent(headers), "authorization")[0]).toContain("SignedHeaders=content-type;host;range;x-amz-acl;x-amz-content-sha256;x-amz-date,");
});

test.each([
  ["no signature", [], "signature-missing"],
  ["another kind of authorisation", ["Authorization", "Bearer x"], "signature-missing"],
  ["two signatures", ["Authorization", authorization(), "authorization", authorization()], "signature-missing"],
  ["a spelling of a second", ["Authorization", authorization(), "AUTHORIZATION", authorization()], "signature-missing"],
  ["SigV4A", ["Authorization", authorization().replace("HMAC", "ECDSA-P256")], "signature-unsupported"],
  ["a broken scope", ["Authorization", authorization("eu-west-1")], "signature-missing"],
  ["a scope with a line break's code", ["Authorization", authorization("eu-west-1%0a/s3")], "signature-missing"],
  ["two hashes", [...s3, "X_Amz_Content_Sha256", hash], "signature-missing"],
  ["an event stream", ["Authorization", authorization(), "x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-EVENTS"], "signature-unsupported"],
  ["chunks signed by SigV4A", ["Authorization", authorization(), "x-amz-content-sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"], "signature-unsupported"],
  ["a made-up hash", ["Authorization", authorization(), "x-amz-content-sha256", "abc"], "signature-unsupported"],
])("%s is refused", (_, headers, reason) => expect(ask(headers)).toBe(reason));

test("a signature in the header and one in the URL are refused together", () => {
  expect(ask(s3, { query: `?X-Amz-Signature=${"f".repeat(64)}` })).toBe("signature-missing");
});

test.each([
  [{ region: "eu-west-1", service: "s3" }, true], [{ region: "us-east-1" }, false], [{ service: "sts" }, false], [{ region: "eu-west-1", service: "iam" }, false], [{}, true],
])("with the scope %j: allowed is %j", (scope, isAllowed) => expect(ask(s3, scope)).toEqual(isAllowed ? expect.objectContaining({ query: "" }) : "signature-scope"));

test("outside S3 a path is signed encoded twice, in S3 once", () => {
  const signature = (path: string, scope: string): string => {
    const outgoing = resign({ method: "GET", path, query: "", headers: ["Authorization", authorization(scope), "x-amz-content-sha256", hash], host: "h", hasBody: false }, { keys, now });
    return typeof outgoing === "string" ? outgoing : valuesIn(outgoing, "authorization")[0] ?? "";
  };
  expect(signature("/a:b", "r/s3")).toBe(signature("/a%3Ab", "r/s3"));
  expect(signature("/a:b", "r/execute-api")).not.toBe(signature("/a%3Ab", "r/execute-api"));
  expect(signature("//a", "r/execute-api")).toBe(signature("/a", "r/execute-api"));
  expect(signature("//a", "r/s3")).not.toBe(signature("/a", "r/s3"));
});
