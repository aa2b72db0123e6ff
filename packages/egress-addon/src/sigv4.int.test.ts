import { execFile } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createPlaceholder } from "./credentials/placeholder/create-placeholder.ts";
import type { RouteAuth } from "./policy/model.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const run = promisify(execFile);
const id = ["AKIA", "REALREALREAL"].join("");
const key = ["a+b/c".repeat(4), "real-secret"].join("=");
const session = "session/token+of=the-real-keys0123";
const dummy = "f".repeat(64);
const auth: RouteAuth = { scheme: "sigv4", tokenRef: "AWS" };

// Independent of the implementation: an AWS that verifies what it gets, written from the description of its API.
const sha = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (secret: string | Buffer, text: string): Buffer => createHmac("sha256", secret).update(text).digest();
const strict = (text: string): string => [...Buffer.from(text)].map((byte) => {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9_.~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}).join("");

interface Verified {
  readonly isRight: boolean;
  readonly signature: string;
  readonly signed: readonly string[];
  readonly signingKey: Buffer;
  readonly scope: string;
  readonly timestamp: string;
}

function verify(request: IncomingMessage, body: Buffer): Verified {
  const { headers } = request;
  const [, keyId = "", date = "", region = "", service = "", list = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "") ?? [];
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const segments = path.split("/").map((segment) => strict(service === "s3" ? decodeURIComponent(segment) : segment));
  const pairs = query.split("&").filter(Boolean).map((pair) => [...pair.split("="), ""].slice(0, 2).map((part) => strict(decodeURIComponent(part))).join("=")).sort();
  const signed = list.split(";");
  const lines = signed.map((name) => `${name}:${String(headers[name] ?? "").trim().replace(/ +/g, " ")}\n`).join("");
  const hash = String(headers["x-amz-content-sha256"] ?? sha(body));
  const canonical = [request.method, segments.join("/"), pairs.join("&"), lines, list, hash].join("\n");
  const timestamp = String(headers["x-amz-date"]);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const signingKey = [date, region, service, "aws4_request"].reduce<Buffer>((last, part) => hmac(last, part), Buffer.from(`AWS4${key}`));
  const isRight = keyId === id && timestamp.startsWith(date) && hmac(signingKey, ["AWS4-HMAC-SHA256", timestamp, scope, sha(canonical)].join("\n")).toString("hex") === signature
    && (!/^[0-9a-f]{64}$/.test(hash) || hash === sha(body));
  return { isRight, signature, signed, signingKey, scope, timestamp };
}

interface Aws extends Upstream {
  readonly seen: (Verified & { readonly body: Buffer; readonly request: IncomingMessage })[];
}

const startAws = async (): Promise<Aws> => {
  const seen: Aws["seen"] = [];
  const upstream = await startUpstream(allowed, (request, response) => {
    buffer(request).then((body) => {
      seen.push({ ...verify(request, body), body, request });
      response.end(`${seen.at(-1)?.isRight ? "right" : "wrong"} ${request.rawHeaders.join("|")}`);
    }, () => response.destroy());
  });
  return Object.assign(upstream, { seen });
};
const startWith = (upstream: Upstream, options: Parameters<typeof startRig>[1] = {}): Promise<Rig> => startRig(upstream, { routes: [{ host: allowed, auth }], tokens: () => `${id}:${key}`, ...options });
const signedBy = (service: string, signed = "host;x-amz-date"): string =>
  `Authorization: AWS4-HMAC-SHA256 Credential=DUMMYDUMMYDUMMY1/20200101/eu-west-1/${service}/aws4_request, SignedHeaders=${signed}, Signature=${dummy}\r\nX-Amz-Date: 20200101T000000Z\r\n`;
const send = async (rig: Rig, line: string, headers: string, body: string | Buffer = ""): Promise<string> => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, `${line} HTTP/1.1\r\nHost: ${allowed}\r\n${headers}Connection: close\r\n\r\n${body.toString("latin1")}`);
  socket.destroy();
  return text;
};

test.each([
  ["GET /", "execute-api", ""], ["GET /a%20b/c:d?b=2&a=1&a=0&e=%2F&f", "execute-api", ""], ["GET /a%20b/c:d+e(f)?prefix=a/b&list-type=2", "s3", "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nRange: bytes=0-9\r\n"],
  ["DELETE /%C3%BC/x", "s3", `x-amz-content-sha256: ${sha("")}\r\nx-amz-meta-A:  two   spaces  \r\n`], ["GET /", "iam", "X-Amz-Security-Token: dummy\r\nx_amz_security_token: dummy\r\nDate: yesterday\r\n"],
])("%s to %s is signed with the real keys, as the service verifies it", async (line, service, headers) => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  expect(await send(rig, line, signedBy(service) + headers)).toMatch(/^HTTP\/1\.1 200 [^]*right /);
  const raw = aws.seen[0]?.request.rawHeaders.join("|") ?? "";
  expect(raw).not.toMatch(/DUMMY|dummy|ffff|20200101|yesterday/);
  expect(raw).not.toContain(key);
  expect(rig.events).toMatchObject([{ decision: "allow", tokenRef: "AWS" }]);
  expect(JSON.stringify(rig.events)).not.toContain(key);
});

test("a body without a hash is hashed for the signature, and goes out with its length", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  const body = "Action=ListUsers&Version=2010-05-08";
  expect(await send(rig, "POST /", `${signedBy("iam", "content-type;host;x-amz-date")}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`, body)).toContain("right");
  expect(aws.seen).toMatchObject([{ signed: ["content-type", "host", "x-amz-date"] }]);
  expect(await send(rig, "POST /", `${signedBy("sqs")}Transfer-Encoding: chunked\r\n`, `5\r\nhello\r\n0\r\n\r\n`)).toContain("right");
  expect(aws.seen.map(({ body: sent, request }) => [String(sent), request.headers["content-length"]])).toEqual([[body, "35"], ["hello", "5"]]);
});

test("a body that is too large to be hashed is refused, and none of it is sent", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  expect(await send(rig, "POST /", `${signedBy("sqs")}Content-Length: 9000000\r\n`, "x".repeat(9_000_000))).toMatch(/^HTTP\/1\.1 413 [^]*"reason":"signature-body-too-large"/);
  expect(aws.seen).toEqual([]);
});

test("a large body whose hash the client names streams, and the service finds a wrong one", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  const body = "y".repeat(9_000_000);
  const put = (hash: string): Promise<string> => send(rig, "PUT /k", `${signedBy("s3")}x-amz-content-sha256: ${hash}\r\nContent-Length: ${body.length}\r\n`, body);
  expect(await put(sha(body))).toContain("right");
  expect(await put(sha("other"))).toContain("wrong");
});

test.each(["", "-TRAILER"])("an upload in signed chunks (%s) is signed anew, chunk by chunk, and is otherwise the same", async (kind) => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  const data = ["a".repeat(65_536), "b".repeat(1_000)];
  const trailer = kind === "" ? "" : `x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:${dummy}\r\n`;
  const sent = `${[...data, ""].map((text) => `${text.length.toString(16)};chunk-signature=${dummy}\r\n${text}${text === "" ? "" : "\r\n"}`).join("")}${trailer}\r\n`;
  const headers = `x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD${kind}\r\nContent-Encoding: aws-chunked\r\nx-amz-decoded-content-length: 66536\r\nContent-Length: ${sent.length}\r\n`;
  expect(await send(rig, "PUT /k", signedBy("s3", "content-encoding;host;x-amz-date") + headers, sent)).toContain("right");
  const [seen] = aws.seen;
  if (seen === undefined) throw new Error("nothing arrived");
  const { body, signature: seed, signingKey, scope, timestamp } = seen;
  expect(body.toString("latin1").replaceAll(/(?<=signature[=:])[0-9a-f]{64}/g, dummy)).toBe(sent);
  let last = seed;
  const next = (word: string, ...hashes: readonly string[]): string => last = hmac(signingKey, [`AWS4-HMAC-SHA256-${word}`, timestamp, scope, last, ...hashes].join("\n")).toString("hex");
  const expected = [...[...data, ""].map((text) => next("PAYLOAD", sha(""), sha(text))), ...(kind === "" ? [] : [next("TRAILER", sha("x-amz-checksum-crc32c:sOO8/Q==\n"))])];
  expect([...body.toString("latin1").matchAll(/signature[=:]([0-9a-f]{64})/g)].map(([, found]) => found)).toEqual(expected);
});

test.each([
  ["garbage", "hello"], ["a chunk that lies about its size", `3;chunk-signature=${dummy}\r\nabcdef\r\n0;chunk-signature=${dummy}\r\n\r\n`], ["more after the end", `0;chunk-signature=${dummy}\r\n\r\nmore`],
])("a body in chunks that is %s is cut, and never completed", async (_, body) => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  const text = await send(rig, "PUT /k", `${signedBy("s3")}x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\r\nContent-Length: ${body.length}\r\n`, body);
  expect(text).toContain("\"reason\":\"signature-missing\"");
  expect(aws.seen).toEqual([]);
});

test("a presigned URL is signed in the header instead", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=DUMMY%2F20200101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=${dummy}`;
  expect(await send(rig, `GET /k?a=b&${query}&response-content-type=text%2Fplain`, "")).toContain("right");
  expect(aws.seen[0]?.request.url).toBe("/k?a=b&response-content-type=text%2Fplain");
});

test("temporary keys in the form of a credential process are used, and their session token does not come back", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws, { tokens: () => JSON.stringify({ Version: 1, AccessKeyId: id, SecretAccessKey: key, SessionToken: session }, undefined, 2) });
  const text = await send(rig, "GET /", signedBy("s3"));
  expect(text).toContain("right");
  expect(aws.seen[0]?.request.headers["x-amz-security-token"]).toBe(session);
  expect(text).not.toContain(session);
});

test.each<[string, Partial<RouteAuth>, string, string, string]>([
  ["another service than the route's", { service: "s3" }, "GET /", signedBy("sts"), "signature-scope"],
  ["another region than the route's", { region: "us-east-1" }, "GET /", signedBy("s3"), "signature-scope"],
  ["no signature", {}, "GET /", "", "signature-missing"],
  ["SigV4A", {}, "GET /", signedBy("s3").replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), "signature-unsupported"],
])("a request with %s is refused, and nothing is sent", async (_, scope, line, headers, reason) => {
  await using aws = await startAws();
  await using rig = await startWith(aws, { routes: [{ host: allowed, auth: { ...auth, ...scope } }] });
  expect(await send(rig, line, headers)).toContain(`"reason":"${reason}"`);
  expect(aws.seen).toEqual([]);
});

test("a value that is no pair of keys is refused, and is not told", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws, { tokens: () => "not-a-pair-of-keys" });
  const text = await send(rig, "GET /", signedBy("s3"));
  expect(text).toContain("\"reason\":\"credential-invalid\"");
  expect(text).not.toContain("not-a-pair-of-keys");
});

test("a placeholder as the client's key goes no further, and in a body it is an alarm", async () => {
  const placeholder = createPlaceholder();
  await using aws = await startAws();
  await using rig = await startWith(aws, { placeholders: { AWS: placeholder } });
  const headers = signedBy("iam").replace("DUMMYDUMMYDUMMY1", placeholder);
  expect(await send(rig, "POST /", `${headers}Content-Length: 1\r\n`, "x")).toContain("right");
  expect(aws.seen[0]?.request.rawHeaders.join()).not.toContain(placeholder);
  expect(await send(rig, "POST /", `${headers}Content-Length: ${placeholder.length}\r\n`, placeholder)).toContain("\"reason\":\"placeholder-misused\"");
  expect(rig.events.at(-1)).toMatchObject({ alarm: true });
});

test("curl's own signature is replaced by one that the service takes", async () => {
  await using aws = await startAws();
  await using rig = await startWith(aws);
  const env = { PATH: process.env["PATH"] ?? "", https_proxy: `http://127.0.0.1:${rig.port}`, CURL_CA_BUNDLE: rig.caFile };
  const curl = (...args: readonly string[]) => run("curl", ["-sS", "--user", "DUMMYDUMMYDUMMY1:dummy", ...args], { env });
  expect((await curl("--aws-sigv4", "aws:amz:us-east-1:sqs", "-d", "Action=ListQueues", `https://${allowed}/q?a=b`)).stdout).toContain("right");
  expect((await curl("--aws-sigv4", "aws:amz:us-east-1:s3", "-T", rig.caFile, `https://${allowed}/bucket/a%20key`)).stdout).toContain("right");
});
