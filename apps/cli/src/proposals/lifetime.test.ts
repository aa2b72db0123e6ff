import { expect, test } from "vitest";
import { describeLifetime, lifetimeOf } from "./lifetime.ts";

const now = new Date("2026-01-01T00:00:00Z");

test.each([
  [{}, {}, "for as long as the bottle is there, resumes included"],
  [{ once: true }, { uses: 1 }, "once"],
  [{ uses: "3" }, { uses: 3 }, "3 times"],
  [{ for: "2h" }, { until: "2026-01-01T02:00:00.000Z" }, "until 2026-01-01T02:00:00.000Z"],
  [{ for: "90s", once: true }, { until: "2026-01-01T00:01:30.000Z", uses: 1 }, "once, until 2026-01-01T00:01:30.000Z"],
  [{ for: "7d", once: false }, { until: "2026-01-08T00:00:00.000Z" }, "until 2026-01-08T00:00:00.000Z"],
])("%j is %j: %s", (flags, lifetime, words) => {
  expect(lifetimeOf(flags, now)).toEqual(lifetime);
  expect(describeLifetime(lifetime)).toBe(words);
});

test.each([{ for: "2" }, { for: "0h" }, { for: "-1h" }, { for: "366d" }, { for: "1e3h" }, { for: "2h30m" }, { uses: "0" }, { uses: "-1" }, { uses: "1.5" }, { uses: "9999999" }, { uses: "" }, { uses: "2", once: true }])("%j is refused", (flags) => {
  expect(() => lifetimeOf(flags, now)).toThrow(expect.objectContaining({ code: "usage", status: 2 }));
});
