import { expect, test } from "vitest";
import { promises, readScores, scoreboard } from "./scoreboard.ts";

const all = Object.keys(promises).map((id) => ({ id, holds: true, detail: "d" }));

test("every promise stands on the board, in order", () => {
  expect(scoreboard(all).map(({ id }) => id)).toEqual(Object.keys(promises));
  expect(scoreboard(all).every(({ holds }) => holds)).toBe(true);
});

test("a promise nobody reported on counts as failed", () => {
  expect(scoreboard(all.slice(1))[0]).toMatchObject({ holds: false, detail: "nothing was reported" });
});

test.each(["", "{", "null", "[]", `{"id":1,"holds":true,"detail":""}`, `{"id":"dns","holds":"yes","detail":""}`])("%j is no score", (line) => {
  expect(readScores(line)).toEqual([]);
});

test("scores are read line by line, noise left out", () => {
  expect(readScores(`noise\n{"id":"dns","holds":true,"detail":"ENOTFOUND"}\n`)).toEqual([{ id: "dns", holds: true, detail: "ENOTFOUND" }]);
});
