import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32Base62, decodeBase58Check, encodeBase58Check, hasAbaCheck, hasCrc32, hasLuhn, hasMod97 } from "./checksum.ts";

test("the CRC-32 is that of a revoked token of GitHub's", () => {
  expect(crc32Base62("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ")).toBe("0mLq17");
});

test("Base58Check is that of the Bitcoin wiki's example key", () => {
  const key = Buffer.from("800C28FCA386C7A227600B2FE50B7CAE11EC86D3BF1FBE471BE89827E19D72AA1D", "hex");
  const text = ["5HueCGU8rMjxEXxiPuD5BD", "ku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"].join("");
  expect(encodeBase58Check(key)).toBe(text);
  expect(decodeBase58Check(text)).toEqual(key);
});

test("any bytes come back from Base58Check, leading zeros too, and no changed text does", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (bytes, at) => {
    const text = encodeBase58Check(bytes);
    expect(decodeBase58Check(text)).toEqual(Buffer.from(bytes));
    const place = at % text.length;
    expect(decodeBase58Check(`${text.slice(0, place)}${text[place] === "2" ? "3" : "2"}${text.slice(place + 1)}`)).toBeUndefined();
  }), { numRuns: 200 });
});

test("every check takes any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 250 }), (text) => {
    for (const check of [hasAbaCheck, hasCrc32, hasLuhn, hasMod97]) expect(typeof check(text)).toBe("boolean");
    expect(() => decodeBase58Check(text)).not.toThrow();
  }));
});
