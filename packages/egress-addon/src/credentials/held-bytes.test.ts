import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { collect, holdBytes, send } from "./held-bytes.ts";
import { createPile } from "./pile.ts";

const mebibyte = 1024 * 1024;

test("a share has its own limit, and all of them one together, which is free again after them", () => {
  const shares = Array.from({ length: 16 }, () => holdBytes(8 * mebibyte));
  expect(shares[0]?.take(8 * mebibyte + 1)).toBe(false);
  expect(shares.every((share) => share.take(8 * mebibyte))).toBe(true);
  expect(holdBytes(8 * mebibyte).take(1)).toBe(false);
  shares[3]?.giveBack(5);
  using late = holdBytes(8 * mebibyte);
  expect([late.take(6), late.take(5)]).toEqual([false, true]);
  for (const share of shares) share[Symbol.dispose]();
  for (const share of shares) share[Symbol.dispose]();
  late[Symbol.dispose]();
  const again = Array.from({ length: 17 }, () => holdBytes(8 * mebibyte));
  expect(again.map((share) => share.take(8 * mebibyte))).toEqual([...Array.from({ length: 16 }, () => true), false]);
  for (const share of again) share[Symbol.dispose]();
});

test("a body is collected whole, or not at all if there is no room, or if it breaks off", async () => {
  const body = (): Readable => Readable.from([Buffer.from("ab"), Buffer.from("cd")]);
  expect(String(await collect(body(), holdBytes(4)))).toBe("abcd");
  expect(await collect(body(), holdBytes(3))).toBeUndefined();
  expect(String(await collect(null, holdBytes(3)))).toBe("");
  const broken = new Readable({ read: () => {} });
  const collected = collect(broken, holdBytes(3));
  broken.destroy(new Error("gone"));
  await expect(collected).rejects.toThrow("gone");
});

test("the room of a body that is sent is free once it has gone, also if it was cut", async () => {
  for (const end of ["read", "cut"]) {
    const room = holdBytes(4);
    const stream = send(await collect(Readable.from([Buffer.from("abcd")]), room) ?? Buffer.alloc(0), room);
    expect(room.take(1)).toBe(false);
    if (end === "read") expect(Buffer.concat(await stream?.toArray() as Buffer[]).toString()).toBe("abcd");
    stream?.destroy();
    await new Promise(setImmediate);
    expect(room.take(4)).toBe(true);
    room[Symbol.dispose]();
  }
});

test("a pile keeps what is put on it, in order, and loses its front", () => {
  const pile = createPile();
  for (let index = 0; index < 10_000; index += 1) pile.append(Buffer.from(String(index % 10)));
  pile.drop(9_995);
  pile.append(Buffer.from("end"));
  expect([pile.length, String(pile.bytes())]).toEqual([8, "56789end"]);
  pile.drop(8);
  expect([pile.length, String(pile.bytes())]).toEqual([0, ""]);
});
