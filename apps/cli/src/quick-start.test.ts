import { expect, test } from "vitest";
import { recognize } from "./quick-start.ts";

test.each([
  [["start", "dev", "--yes"], { agent: "dev" }],
  [["start", "dev", "-y", "--backend", "docker"], { agent: "dev", backend: "docker" }],
  [["start", "dev", "--workspace", "/w", "--yes", "--", "--dry-run", "--detach"], { agent: "dev" }],
])("%j begins before it is parsed", (argv, asked) => {
  expect(recognize(argv)).toEqual(asked);
});

test.each([
  [["start", "dev"]], [["start", "--yes"]], [["start", "--yes", "dev"]], [["start", "dev", "--", "--yes"]], [["start", "dev", "--yes", "--dry-run"]],
  [["start", "dev", "--yes", "--detach"]], [["start", "dev", "--yes", "--help"]], [["start", "dev", "--yes", "--keeper", "dev-abc12"]],
  [["start", "dev", "--yes", "more"]], [["start", "dev", "--backend"]], [["start", "dev", "--backend", "--yes"]], [["resume", "dev", "--yes"]], [[]],
])("%j does not: it may ask, show a plan, or be wrong", (argv) => {
  expect(recognize(argv)).toBeUndefined();
});
