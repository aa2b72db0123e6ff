import fc from "fast-check";
import { expect, test } from "vitest";
import { createPassed } from "./passed.ts";

test("a place within stretches is passed to where none is any more, whatever the order in which they came", () => {
  const run = fc.tuple(fc.nat(60), fc.nat(9));
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(70), fc.array(run, { maxLength: 4 })), { maxLength: 20 }), (steps) => {
    const passed = createPassed();
    const covered = new Set<number>();
    let at = 0;
    for (const [by, runs] of steps) {
      for (const [begin, length] of runs) {
        passed.add([at + begin, at + begin + length]);
        for (let place = 0; place < length; place += 1) covered.add(at + begin + place);
      }
      let free = at;
      while (covered.has(free)) free += 1;
      expect(passed.after(at)).toBe(free);
      at = free + by;
    }
  }));
});
