import { isStrange } from "../../bytes.ts";
import { add, and, type Code, constant, countOnes, type Definition, i32, isLess, repeat, store, v128, vector, xor } from "./assemble.ts";
import { createClassifier, splat } from "./classes.ts";

const isControl = isStrange.map((strange, byte) => byte < 0x20 ? strange : 0);
const all = 0xffff;

/** `tally(at, to)`: gives how many control characters there are between them, and puts at an address how many characters are broken. */
export function tally(brokenAt: number): Definition {
  return {
    name: "tally",
    body(scope) {
      const [at, to] = [scope.parameter(), scope.parameter()];
      const [bytes, controls, broken] = [scope.local(v128), scope.local(i32), scope.local(i32)];
      const classes = createClassifier(scope);
      const nothing = scope.vector(splat(0));
      const [highestTwo, within] = [scope.vector(splat(0xc0)), scope.vector(splat(0x80))];
      // A lead has both bits, what goes on with it (RFC 3629 §3) the higher alone.
      const notEqual = (value: Code, other: Code): Code => vector.highest(vector.isOther(vector.and(value, highestTwo), other));
      return [
        repeat([
          bytes.set(vector.load(at.get)),
          classes.read(bytes.get),
          controls.set(add(controls.get, countOnes(vector.highest(vector.isOther(classes.in(isControl), nothing))))),
          broken.set(add(broken.get, countOnes(and(xor(notEqual(bytes.get, highestTwo), constant(all)), notEqual(vector.load(at.get, 1), within))))),
          at.set(add(at.get, constant(16))),
        ], isLess(at.get, to.get)),
        store(constant(brokenAt), broken.get),
        controls.get,
      ];
    },
  };
}
