import { expect, test } from "vitest";
import { ChunkError } from "./chunk-error.ts";
import { resignChunks } from "./chunks.ts";

const keys = { accessKeyId: ["AKIA", "IOSFODNN7", "EXAMPLE"].join(""), secretAccessKey: ["wJalrXUtnFEMI", "K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("/") };
const scope = { timestamp: "20130524T000000Z", region: "us-east-1", service: "s3" };
const dummy = "0".repeat(64);
const chunk = (data: string): string => `${data.length.toString(16)};chunk-signature=${dummy}\r\n${data}\r\n`;
const last = `0;chunk-signature=${dummy}\r\n`;

async function pass(pieces: readonly (string | Uint8Array)[], seed: string, hasTrailer = false): Promise<string> {
  const stream = resignChunks({ scope, keys, seed, hasTrailer });
  for (const piece of pieces) stream.write(piece);
  stream.end();
  const out: Buffer[] = [];
  for await (const bytes of stream) out.push(bytes as Buffer);
  return Buffer.concat(out).toString("latin1");
}

// "Signature calculations for the authorization header: transferring payload in multiple chunks" (Amazon S3 API reference).
const published = {
  seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  sent: chunk("a".repeat(65_536)) + chunk("a".repeat(1_024)) + `${last}\r\n`,
  signatures: ["ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
};

test("S3's published upload in chunks has its published signatures, and is otherwise as it was", async () => {
  const out = await pass([published.sent], published.seed);
  expect([...out.matchAll(/chunk-signature=([0-9a-f]{64})/g)].map(([, signature]) => signature)).toEqual(published.signatures);
  expect(out.replaceAll(/(?<=chunk-signature=)[0-9a-f]{64}/g, dummy)).toBe(published.sent);
});

// "…transferring payload in multiple chunks, including trailing headers".
test("S3's published upload with a trailer has its published signatures", async () => {
  const seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
  const sent = `${chunk("a".repeat(65_536))}${chunk("a".repeat(1_024))}${last}x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:${dummy}\r\n\r\n`;
  const out = await pass([sent], seed, true);
  expect([...out.matchAll(/signature[=:]([0-9a-f]{64})/g)].map(([, signature]) => signature)).toEqual([
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
  ]);
  expect(out).toContain("x-amz-checksum-crc32c:sOO8/Q==\r\n");
});

test("wherever the bytes part, the chunks come out the same", async () => {
  const sent = chunk("abc") + chunk("d\r\ne") + `${last}\r\n`;
  const whole = await pass([sent], published.seed);
  for (let at = 1; at < sent.length; at += 1) expect(await pass([sent.slice(0, at), sent.slice(at)], published.seed)).toBe(whole);
});

test.each([
  ["nothing", ""], ["a plain body", "hello"], ["no last chunk", chunk("abc")], ["a chunk cut short", chunk("abcdef").slice(0, 92)], ["no final line", last],
  ["a chunk longer than it says", chunk("abc").replace("abc", "abcd") + last], ["an unsigned chunk", "3\r\nabc\r\n0\r\n\r\n"], ["something after the end", `${last}\r\nx`],
  ["a trailer where there is none", `${last}x-amz-a:b\r\n\r\n`], ["a negative size", chunk("abc").replace("3", "-3") + last], ["a line without end", "0".repeat(20_000)],
])("%s is refused", async (_, sent) => {
  await expect(pass([sent], published.seed)).rejects.toThrow(ChunkError);
});

test.each([
  ["not signed", `${last}x-amz-a:b\r\n\r\n`], ["signed twice", `${last}x-amz-trailer-signature:${dummy}\r\nx-amz-trailer-signature:${dummy}\r\n\r\n`],
  ["followed by another", `${last}x-amz-trailer-signature:${dummy}\r\nx-amz-a:b\r\n\r\n`], ["folded", `${last}x-amz-a:b\r\n c\r\n\r\n`],
  ["too many", `${last}${"x-amz-a:b\r\n".repeat(40)}`],
])("trailers that are %s are refused", async (_, sent) => {
  await expect(pass([sent], published.seed, true)).rejects.toThrow(ChunkError);
});

test("a chunk that would have to be held for its signature and is too large is refused before its data comes", async () => {
  await expect(pass([`${(64 * 1024 * 1024).toString(16)};chunk-signature=${dummy}\r\n`], published.seed)).rejects.toMatchObject({ isTooLarge: true });
});
