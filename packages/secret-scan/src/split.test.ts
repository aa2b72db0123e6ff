import { deflateRawSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createScanner } from "./scanner.ts";

const secret = "sk-Live/0123456789+abcDEF";
const [first, second] = ["sk-Live/0123", "456789+abcDEF"];
const scanner = createScanner({ known: [{ name: "TOKEN", value: secret }], canaries: [{ name: "BAIT", value: "canary-7f3a9c21" }] });
const at = { host: "api.example.com", target: "/v1", headers: ["Host", "api.example.com"] } as const;
const found = (kind: string, where: string, ...via: readonly string[]): object => ({ rule: "TOKEN", kind, where, via, severity: "critical" });

test("a request is told by the place of what is in it", () => {
  expect(scanner.request(at)).toEqual([]);
  expect(scanner.request({ ...at, headers: ["X-Key", secret] })).toEqual([found("known", "header X-Key")]);
  expect(scanner.request({ ...at, target: `/v1?a=1&q=${encodeURIComponent(secret)}` })).toEqual([found("known", "query q")]);
  expect(scanner.request({ ...at, target: `/v1/${secret}/x` })).toEqual([found("known", "path")]);
  expect(scanner.request({ ...at, host: `${Buffer.from(secret).toString("hex")}.example.com` })[0]).toEqual(found("known", "host", "hex"));
  expect(scanner.request({ ...at, headers: [secret.replaceAll(/[/+]/g, ""), "1"] })).toEqual([found("known", "header name")]);
});

test("the name of a field that holds the value is not shown", () => {
  expect(scanner.request({ ...at, target: `/v1?${secret}=${secret}` }).map(({ where }) => where)).toEqual(["path", "query name", "query (hidden)"].slice(1));
});

test("Basic credentials are decoded, however short", () => {
  const short = createScanner({ known: [{ name: "PIN", value: "a1b2c3" }], patterns: [] });
  const headers = ["Authorization", `Basic ${Buffer.from("u:a1b2c3").toString("base64")}`];
  expect(short.request({ ...at, headers }).map(({ rule, where }) => [rule, where])).toEqual([["PIN", "header Authorization"]]);
});

test("a value cut in pieces over query values, query names or headers is found", () => {
  const target = (query: Record<string, string>): string => `/v1?${new URLSearchParams(query).toString()}`;
  expect(scanner.request({ ...at, target: target({ a: first, b: second }) })).toEqual([found("known", "query values")]);
  expect(scanner.request({ ...at, target: target({ [first]: "1", [second]: "2" }) })).toEqual([found("known", "query names")]);
  expect(scanner.request({ ...at, headers: ["Accept", "*/*", "X-A", first, "X-B", second] })).toEqual([found("known", "request")]);
});

test("a value cut in pieces over consecutive requests is found with a memory, and only with one", () => {
  const query = (value: string, n: number): string => `/v1?t=${n}&d=${encodeURIComponent(value)}`;
  const memory = scanner.memory();
  expect(scanner.request({ ...at, target: query(first, 1) }, memory)).toEqual([]);
  expect(scanner.request({ ...at, target: query("other", 2) })).toEqual([]);
  expect(scanner.request({ ...at, target: query(second, 2) }, memory)).toEqual([found("known", "query d")]);
  expect(scanner.request({ ...at, target: query(second, 3) })).toEqual([]);
});

test("a value cut in pieces over the new header names, or values, of consecutive requests is found, whatever else is new in them", () => {
  for (const headersOf of [(piece: string, n: number) => [piece, `v${n}`], (piece: string, n: number) => [`X-N${n}`, piece]]) {
    const fresh = createScanner({ known: [{ name: "TOKEN", value: secret }] });
    const memory = fresh.memory();
    const send = (piece: string, n: number): readonly object[] => fresh.request({ ...at, target: `/v${n}`, headers: headersOf(piece, n) }, memory);
    expect(send(first, 11)).toEqual([]);
    expect(send(second, 14)).toEqual([found("known", "request")]);
  }
});

test("a value cut in pieces over JSON strings with numbers between them is found, and so is one over strings and numbers", () => {
  const where = (value: unknown): readonly string[] => scanner.bytes(Buffer.from(JSON.stringify(value))).map((finding) => finding.where);
  expect(where({ a: first, n: 1, o: [{ b: 2 }], c: second })).toEqual(["json values"]);
  expect(where([{ a: "sk-Live/0" }, { b: 123456789 }, { c: "abcDEF" }])).toEqual(["json values"]);
  const memory = scanner.memory();
  const send = (text: string): readonly string[] => scanner.bytes(Buffer.from(JSON.stringify({ type: 7, text })), {}, memory).map((finding) => finding.where);
  expect([send(first), send(second)]).toEqual([[], ["json values"]]);
});

test("what repeats itself is read though it was compressed a thousand times, up to a few MiB", () => {
  const lines = `${"the same line again\n".repeat(12_000)}${secret}`;
  const rules = (text: string): readonly string[] => scanner.bytes(gzipSync(text), { contentEncoding: "gzip" }).map(({ rule }) => rule);
  expect(rules(lines)).toEqual(["TOKEN"]);
  expect(rules("x".repeat(9 << 20))).toContain("too-large");
});

test("a value cut in pieces over messages is found with a memory", () => {
  const memory = scanner.memory();
  const message = (text: string): Buffer => Buffer.from(JSON.stringify({ type: 1, text }));
  expect(scanner.bytes(Buffer.from(first), { where: "message" }, memory)).toEqual([]);
  expect(scanner.bytes(Buffer.from(second), { where: "message" }, memory)).toEqual([found("known", "message messages")]);
  const json = scanner.memory();
  for (const text of ["sk-Live", "/012", "345678"]) expect(scanner.bytes(message(text), {}, json)).toEqual([]);
});

test("a canary is told from a known value", () => {
  expect(scanner.text("x canary-7f3a9c21", "body")).toEqual([{ rule: "BAIT", kind: "canary", where: "body", via: [], severity: "critical" }]);
});

test("the parts of a multipart body are read, whatever their transfer encoding", () => {
  const body = (headers: string, content: string): Buffer => Buffer.from(`--b\r\nContent-Disposition: form-data; name="f"; filename="notes.txt"\r\n${headers}\r\n\r\n${content}\r\n--b--\r\n`);
  const marks = { contentType: "multipart/form-data; boundary=b" };
  expect(scanner.bytes(body("Content-Transfer-Encoding: base64", Buffer.from(`hi ${secret}`).toString("base64")), marks)).toContainEqual(found("known", "part 1 notes.txt"));
  expect(scanner.bytes(body("Content-Transfer-Encoding: quoted-printable", secret.replace("L", "=4C").replace("45", "4=\r\n5")), marks)).toContainEqual(found("known", "part 1 notes.txt"));
  expect(scanner.bytes(Buffer.from("no parts"), marks).map(({ rule }) => rule)).toEqual(["multipart-damaged"]);
  expect(scanner.bytes(Buffer.from("--b\r\n\r\nx\r\n".repeat(101)), marks).map(({ rule }) => rule)).toEqual(["too-many-parts"]);
});

test("parts within parts are read to a depth, and past it there is a finding, be they thousands", () => {
  const name = (depth: number): string => `b${String(depth).padStart(6, "0")}`;
  const nested = (depth: number): Buffer => Buffer.from(`${Array.from({ length: depth }, (_, index) => `--${name(index)}\nContent-Type: multipart/mixed; boundary=${name(index + 1)}\n\n`).join("")}--${name(depth)}\n\n${Buffer.from(secret).toString("hex")}`);
  const marks = { contentType: `multipart/mixed; boundary=${name(0)}` };
  const deepest = (depth: number): readonly string[] => scanner.bytes(nested(depth), marks).filter(({ where }) => where !== "body").map(({ rule, where }) => `${rule} ${where}`);
  expect(deepest(2)).toContain("TOKEN part 1 part 1 part 1");
  expect(deepest(3)).toContain("parts-too-deep part 1 part 1 part 1");
  expect(deepest(9_000)).toContain("parts-too-deep part 1 part 1 part 1");
});

test("what is in JSON is told by its path, without a name that holds it", () => {
  const where = (value: unknown): readonly string[] => scanner.bytes(Buffer.from(JSON.stringify(value))).map((finding) => finding.where);
  expect(where({ a: [{ b: "x" }, { "b c": Buffer.from(secret).toString("base64") }] })).toEqual(["json $.a[1].\"b c\""]);
  expect(where({ [secret]: 1 })).toEqual(["json name $.(hidden)"]);
});

test("a coded body is decoded; what can't be is said", () => {
  const text = `{"k":"${secret}"}`;
  expect(scanner.bytes(gzipSync(text), { contentEncoding: "gzip" })).toEqual([found("known", "json $.k", "gzip")]);
  expect(scanner.bytes(gzipSync(gzipSync(text)), { contentEncoding: "gzip, gzip" })).toEqual([found("known", "json $.k", "gzip", "gzip")]);
  const rules = (content: Buffer, contentEncoding: string): readonly string[] => scanner.bytes(content, { contentEncoding }).map(({ rule }) => rule);
  expect(rules(Buffer.from("abc"), "rot13")).toEqual(["encoding-unknown"]);
  expect(rules(Buffer.from("abc"), "gzip")).toEqual(["encoding-damaged"]);
  expect(rules(gzipSync("hello hello hello").subarray(0, 15), "gzip")).toContain("encoding-damaged");
});

test("what is nested too deep, too large or closed is said, never passed over", () => {
  const rules = (content: Uint8Array): readonly string[] => scanner.bytes(content).map(({ rule, kind }) => `${kind} ${rule}`);
  const nested = (depth: number): Buffer => depth === 0 ? Buffer.from("hello") : gzipSync(nested(depth - 1));
  expect(rules(nested(3))).toEqual([]);
  expect(rules(nested(4))).toEqual(["unscannable archive-too-deep"]);
  expect(rules(gzipSync(Buffer.alloc(100 << 20)))).toEqual(["unscannable archive-too-large"]);
  expect(rules(Buffer.from("BZh91AY&SY"))).toEqual(["unscannable compression-unknown"]);
});

test("a stream of lines passes as it comes; another is held to its end if it is small, or until it pauses", () => {
  const lines = scanner.stream({ isLineOriented: true });
  expect(lines.push(Buffer.from("data: hello\n\n")).released.toString()).toBe("data: hello\n\n");
  expect(lines.push(Buffer.from("data: wor")).released.toString()).toBe("data: wor");
  expect(lines.push(Buffer.from("ld\n")).released.toString()).toBe("ld\n");
  const other = scanner.stream();
  expect(other.push(Buffer.from("hello")).released.toString()).toBe("");
  expect(other.flush().released.toString()).toBe("hello");
  expect(other.flush().released.toString()).toBe("");
  expect(other.end().released.toString()).toBe("");
});

test("a stream that has to be whole is, up to its limit", () => {
  const small = createScanner({ known: [{ name: "TOKEN", value: secret }], limits: { wholeBytes: 100 } });
  const scan = small.stream({ contentEncoding: "gzip" });
  const body = gzipSync(`hello ${secret}`);
  expect(scan.push(body.subarray(0, 10)).released.length).toBe(0);
  expect(scan.push(body.subarray(10))).toEqual({ released: Buffer.alloc(0), findings: [] });
  expect(scan.end()).toEqual({ released: body, findings: [found("known", "body", "gzip")] });
  expect(small.stream({ contentEncoding: "gzip" }).push(Buffer.alloc(101)).findings.map(({ rule }) => rule)).toEqual(["too-large"]);
});

test("patterns are looked for unless told otherwise, in what is decoded too; packs only if asked for", () => {
  const token = ["AKIA", "Z7QK4WXN3R5TPL2M"].join("");
  const body = Buffer.from(`id: ${Buffer.from(`key ${token} `).toString("base64")}`);
  expect(createScanner({ known: [] }).bytes(body)).toMatchObject([{ kind: "pattern", via: ["base64"] }]);
  expect(createScanner({ known: [], patterns: [] }).bytes(body)).toEqual([]);
  const card = Buffer.from("card 4111 1111 1111 1111 end");
  expect(createScanner({ known: [], packs: ["pii"] }).bytes(card)).toMatchObject([{ kind: "pack", severity: "medium" }]);
  expect(createScanner({ known: [] }).bytes(card)).toEqual([]);
  const host = { ...at, host: "q7x9k2m4p8w1z5t3ajdg.example.com" };
  expect(createScanner({ known: [], packs: ["entropy"] }).request(host)).toMatchObject([{ kind: "pack", rule: "entropy-host", where: "host" }]);
  expect(createScanner({ known: [] }).request(host)).toEqual([]);
});

test("bombs, overlapping or unmarked, end soon and are said", () => {
  const bomb = deflateRawSync(Buffer.alloc(80 << 20));
  const header = Buffer.alloc(30);
  header.write("PK\x03\x04", "latin1");
  header.writeUInt16LE(8, 8);
  const started = process.hrtime.bigint();
  for (const content of [bomb, Buffer.concat([...Array.from({ length: 2000 }, () => header), bomb])]) {
    expect(scanner.bytes(content).map(({ rule }) => rule)).toContain("archive-too-large");
  }
  expect(Number(process.hrtime.bigint() - started) / 1e9).toBeLessThan(15);
});
