import { expect, test } from "vitest";
import { sha256, signRequest, timestampOf } from "./sign.ts";

// AWS's published example keys, in pieces, so that no scanner takes them for real ones.
const s3Keys = { accessKeyId: ["AKIA", "IOSFODNN7", "EXAMPLE"].join(""), secretAccessKey: ["wJalrXUtnFEMI", "K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("/") };
const suiteKeys = { accessKeyId: ["AKID", "EXAMPLE"].join(""), secretAccessKey: ["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("+") };
const empty = sha256("");
const s3Time = "20130524T000000Z";
const suiteTime = "20150830T123600Z";

// "Signature calculations for the authorization header" (Amazon S3 API reference), its four examples.
test.each([
  ["GET object", "GET", "/test.txt", "", ["Range", "bytes=0-9"], empty, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"],
  ["PUT object", "PUT", "/test%24file.text", "", ["Date", "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class", "REDUCED_REDUNDANCY"],
    sha256("Welcome to Amazon S3."), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"],
  ["GET bucket lifecycle", "GET", "/", "?lifecycle", [], empty, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
  ["GET bucket list", "GET", "/", "?max-keys=2&prefix=J", [], empty, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
])("S3's published %s has its published signature", (_, method, path, query, extra, payloadHash, signature) => {
  const headers = [...extra, "Host", "examplebucket.s3.amazonaws.com", "x-amz-content-sha256", payloadHash, "x-amz-date", s3Time];
  const signed = new Set(headers.filter((_part, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const scope = { timestamp: s3Time, region: "us-east-1", service: "s3" };
  expect(signRequest({ method, path, query, headers, signed, payloadHash, isS3: true }, scope, s3Keys).signature).toBe(signature);
});

test("IAM's published ListUsers has its published Authorization header", () => {
  const headers = ["content-type", "application/x-www-form-urlencoded; charset=utf-8", "host", "iam.amazonaws.com", "x-amz-date", suiteTime];
  const scope = { timestamp: suiteTime, region: "us-east-1", service: "iam" };
  const signable = { method: "GET", path: "/", query: "?Action=ListUsers&Version=2010-05-08", headers, signed: new Set(["content-type", "host", "x-amz-date"]), payloadHash: empty, isS3: false };
  expect(signRequest(signable, scope, suiteKeys).authorization).toBe(`AWS4-HMAC-SHA256 Credential=${suiteKeys.accessKeyId}/20150830/us-east-1/iam/aws4_request, `
    + "SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
});

// The Signature Version 4 test suite; its paths are given before they are encoded, so those with encodings are of S3's kind.
test.each([
  ["get-vanilla", "GET", "/", "", [], false, empty, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["get-vanilla-query-order-key-case", "GET", "/", "?Param2=value2&Param1=value1", [], false, empty, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"],
  ["get-vanilla-utf8-query", "GET", "/", "?%E1%88%B4=bar", [], false, empty, "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"],
  ["get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "", [], false, empty, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"],
  ["get-slashes", "GET", "//example//", "", [], false, empty, "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"],
  ["get-utf8", "GET", "/%E1%88%B4", "", [], true, empty, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
  ["get-space", "GET", "/example%20space/", "", [], true, empty, "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"],
  ["get-header-value-trim", "GET", "/", "", ["My-Header1", " value1", "My-Header2", " \"a   b   c\""], false, empty, "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"],
  ["post-vanilla", "POST", "/", "", [], false, empty, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  ["post-x-www-form-urlencoded", "POST", "/", "", ["Content-Type", "application/x-www-form-urlencoded"], false, sha256("Param1=value1"), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"],
])("the test suite's %s has its published signature", (_, method, path, query, extra, isS3, payloadHash, signature) => {
  const headers = [...extra, "Host", "example.amazonaws.com", "X-Amz-Date", suiteTime];
  const signed = new Set(headers.filter((_part, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const scope = { timestamp: suiteTime, region: "us-east-1", service: "service" };
  expect(signRequest({ method, path, query, headers, signed, payloadHash, isS3 }, scope, suiteKeys).signature).toBe(signature);
});

test("a timestamp is basic ISO 8601 in UTC, to the second", () => expect(timestampOf(new Date("2013-05-24T00:00:00.987Z"))).toBe(s3Time));
