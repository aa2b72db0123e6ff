import { expect, test } from "vitest";
import { createHostScan } from "./scan-host.ts";

const value = "Qz7-listed-value-93kd02";
const base32 = (text: string): string => {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => "abcdefghijklmnopqrstuvwxyz234567"[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
};
const scan = createHostScan({ known: [{ name: "listed", value }], canaries: [{ name: "trap", value: "Canary.With.Dots.77" }] });

test.each([
  ["in a label, without case", `x-${value.toLowerCase()}.test`],
  ["cut into labels", `${value.toLowerCase().slice(0, 7)}.${value.toLowerCase().slice(7, 9)}.${value.toLowerCase().slice(9)}.test`],
  ["in hex", `${Buffer.from(value).toString("hex")}.test`],
  ["in hex, cut into labels", `${Buffer.from(value).toString("hex").replaceAll(/(.{10})/g, "$1.")}x.test`],
  ["in base32", `${base32(value)}.test`],
])("a known value is found in a host: %s", (_, host) => {
  expect(scan(host)).toMatchObject([{ rule: "listed", kind: "known", where: "host" }]);
});

test("a canary with dots is found, and a clean host is clean each time", () => {
  expect(scan("canary.with.dots.77.test")).toMatchObject([{ rule: "trap", kind: "canary" }]);
  for (let round = 0; round < 2; round += 1) expect(scan("api.example.com")).toEqual([]);
});
