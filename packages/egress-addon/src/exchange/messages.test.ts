import { expect, test } from "vitest";
import { isGrpc, redactMessages } from "./messages.ts";

const secret = "real-secret-0123456789";

function message(text: string, flag = 0): Buffer {
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

test("a value is hidden in messages of every length, wherever the stream is cut", () => {
  const texts = ["", "hello", secret, `<${secret}>`, `${"x".repeat(200)}${secret}`, ""];
  const whole = Buffer.concat(texts.map((text) => message(text)));
  const hidden = Buffer.concat(texts.map((text) => message(text.replace(secret, "*".repeat(secret.length)))));
  for (let size = 1; size < whole.length; size += 1) {
    const redactor = redactMessages([secret]);
    const passed: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) passed.push(redactor.push(whole.subarray(at, at + size)));
    expect(Buffer.concat([...passed, redactor.flush()]).equals(hidden)).toBe(true);
  }
});

test("a whole message passes at once, though nothing ends its line", () => {
  expect(redactMessages([secret]).push(message("no line")).equals(message("no line"))).toBe(true);
});

test("a compressed message is refused", () => {
  expect(() => redactMessages([secret]).push(message("x", 1))).toThrow("compressed");
});

test("gRPC is known by its content type", () => {
  const types = ["application/grpc", "application/grpc+proto", "Application/gRPC; x=y", "application/grpc-web", "text/plain", ""];
  expect(types.map((type) => isGrpc([type]))).toEqual([true, true, true, false, false, false]);
  expect(isGrpc([])).toBe(false);
});
