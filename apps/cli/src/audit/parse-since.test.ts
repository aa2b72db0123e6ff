import { expect, test } from "vitest";
import { parseSince } from "./parse-since.ts";

const now = new Date("2026-03-04T05:06:07.000Z");

test.each([
  ["45s", "2026-03-04T05:05:22.000Z"], ["30m", "2026-03-04T04:36:07.000Z"], ["2h", "2026-03-04T03:06:07.000Z"], ["7d", "2026-02-25T05:06:07.000Z"],
  ["2026-01-02", "2026-01-02T00:00:00.000Z"], ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"], ["2026-01-02T03:04:05.5+02:00", "2026-01-02T01:04:05.500Z"],
])("%s is %s", (text, moment) => {
  expect(parseSince(text, now)).toBe(moment);
});

test.each(["", "2", "h", "2 h", "-2h", "2w", "yesterday", "2026-13-01", "2026-1-2", "1", "99999999h"])("%j is refused", (text) => {
  expect(() => parseSince(text, now)).toThrow(expect.objectContaining({ code: "usage", status: 2 }));
});
