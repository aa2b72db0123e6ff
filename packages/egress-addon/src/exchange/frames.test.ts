import { expect, test } from "vitest";
import { redactFrames } from "./frames.ts";

const secret = "real-secret-0123456789";

function frame(payload: string, first = 0x81): Buffer {
  const { length } = payload;
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from([first, ...size]), Buffer.from(payload)]);
}

async function pass(chunks: readonly Buffer[]): Promise<Buffer> {
  const transform = redactFrames([secret]);
  for (const chunk of chunks) transform.write(chunk);
  transform.end();
  return Buffer.concat(await transform.toArray());
}

test("a value is hidden in frames of every length, wherever the stream is cut", async () => {
  const texts = ["", "hello", secret, `<${secret}>`, `${"x".repeat(200)}${secret}`, `${secret}${"y".repeat(70_000)}`];
  const whole = Buffer.concat(texts.map((text) => frame(text)));
  const hidden = Buffer.concat(texts.map((text) => frame(text.replace(secret, "*".repeat(secret.length)))));
  expect((await pass([whole])).equals(hidden)).toBe(true);
  for (let size = 1; size < 40; size += 1) {
    const start = whole.subarray(0, 400);
    const chunks = Array.from({ length: Math.ceil(400 / size) }, (_, index) => start.subarray(index * size, (index + 1) * size));
    expect((await pass([...chunks, whole.subarray(400)])).equals(hidden)).toBe(true);
  }
});

test("a whole frame passes at once, whatever it ends with", () => {
  const transform = redactFrames([secret]);
  for (const payload of ["real-", "zzzzz"]) {
    transform.write(frame(payload));
    expect(String(transform.read())).toContain(payload);
  }
});

test.each([["masked", Buffer.from([0x81, 0x85, 1, 2, 3, 4])], ["compressed", frame("hello", 0xc1)], ["endless", Buffer.concat([Buffer.from([0x81, 127]), Buffer.from("real-sec")])]])("a %s frame ends the stream", async (_, bytes) => {
  await expect(pass([bytes])).rejects.toThrow("cannot be searched");
});
