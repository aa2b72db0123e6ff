import { expect, test } from "vitest";
import { showsCredential } from "./check.ts";
import { credential } from "./names.ts";

const half = credential.length >> 1;
const [first, second] = [credential.slice(0, half), credential.slice(half)];
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = (...parts: readonly string[]): string => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${parts.map(chunk).join("")}0\r\n\r\n`;
const plain = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

test.each<[string, string, boolean]>([
  ["in one piece", plain(credential), true],
  ["in a header", `HTTP/1.1 200 OK\r\nX-A: ${credential}\r\n\r\n`, true],
  ["over chunks", chunked("a", first, second), true],
  ["over chunks of a later answer", plain("abc") + chunked("abc") + chunked(first, second), true],
  ["over chunks after an answer to HEAD", `HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n${chunked(first, second)}`, true],
  ["over what looks like chunks within content", chunked(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(first)}${chunk(second)}`), false],
  ["over what looks like an answer in content without a length", `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${chunked(first, second)}`, false],
  ["not at all", chunked("abc", "def"), false],
])("a credential that is shown %s", (_, heard, isShown) => {
  expect(showsCredential(Buffer.from(heard, "latin1"))).toBe(isShown);
});
