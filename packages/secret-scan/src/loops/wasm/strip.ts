import { isKept } from "../../bytes.ts";
import { add, and, type Code, constant, countOnes, type Data, type Definition, i32, isLess, repeat, shiftLeft, shiftRight, v128, vector } from "./assemble.ts";
import { createClassifier, splat } from "./classes.ts";

/** For each choice among eight bytes, a bit each, where they are, in order. */
export function choices(at: number): Data {
  const bytes = new Uint8Array(256 * 8);
  for (let choice = 0; choice < 256; choice += 1) {
    let length = choice * 8;
    for (let place = 0; place < 8; place += 1) if ((choice >> place & 1) === 1) bytes[length++] = place;
  }
  return { at, bytes };
}

/** `strip(at, to, into)`: puts the bytes between `at` and `to` that are no noise in a row; gives where that ends. `choicesAt`: where the `choices` are. */
export function strip(choicesAt: number): Definition {
  return {
    name: "strip",
    body(scope) {
      const [at, to, into] = [scope.parameter(), scope.parameter(), scope.parameter()];
      const [bytes, choice] = [scope.local(v128), scope.local(i32)];
      const classes = createClassifier(scope);
      const [nothing, half] = [scope.vector(splat(0)), scope.vector(splat(8))];
      // All from 0x80 up are kept, and have the highest bit.
      const kept = vector.highest(vector.or(vector.isOther(classes.in(isKept), nothing), bytes.get));
      const places = (chosen: Code): Code => vector.loadHalf(shiftLeft(chosen, constant(3)), choicesAt);
      const first = and(choice.get, constant(0xff));
      // Sixteen are written, and what is too much is written over.
      return [
        repeat([
          bytes.set(vector.load(at.get)),
          classes.read(bytes.get),
          choice.set(kept),
          vector.store(into.get, vector.pick(bytes.get, places(first))),
          into.set(add(into.get, countOnes(first))),
          choice.set(shiftRight(choice.get, constant(8))),
          vector.store(into.get, vector.pick(bytes.get, vector.add(places(choice.get), half))),
          into.set(add(into.get, countOnes(choice.get))),
          at.set(add(at.get, constant(16))),
        ], isLess(at.get, to.get)),
        into.get,
      ];
    },
  };
}
