import { lowered, slotBits, slotMultiplier } from "../loops.ts";
import { add, type Code, constant, type Definition, i32, isLess, load, loadByte, multiply, or, repeat, shiftRight, store } from "./assemble.ts";

/**
 * `mark(at, to, into, ahead)`: puts where between `at` and `to`, at every other place, three bytes are that the filter at an address has; gives where that ends.
 * `ahead` is what an address lacks for the place in the text.
 */
export function mark(filterAt: number): Definition {
  return {
    name: "mark",
    body(scope) {
      const [at, to, into, ahead] = [scope.parameter(), scope.parameter(), scope.parameter(), scope.parameter()];
      const place = scope.local(i32);
      const three = (offset: number): Code => or(load(at.get, offset), constant(lowered));
      // What is put is kept only if the filter's byte goes on over it: nothing has to be guessed.
      const test = (offset: number): Code => [
        store(into.get, add(place.get, constant(offset))),
        into.set(add(into.get, loadByte(shiftRight(multiply(three(offset), constant(slotMultiplier)), constant(32 - slotBits)), filterAt))),
      ];
      return [
        place.set(add(at.get, ahead.get)),
        repeat([[0, 2, 4, 6, 8, 10, 12, 14].map(test), at.set(add(at.get, constant(16))), place.set(add(place.get, constant(16)))], isLess(at.get, to.get)),
        into.get,
      ];
    },
  };
}
