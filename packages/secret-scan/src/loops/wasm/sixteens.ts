import { isEscapeBegin, isStrange } from "../../bytes.ts";
import { add, constant, type Definition, isLess, isNot, repeat, shiftLeft, store, v128, vector } from "./assemble.ts";
import { createClassifier, splat } from "./classes.ts";

const isPlain = isStrange.map((strange) => 1 - strange);
const all = 0xffff;

/** `name(at, to, into, ahead)`: puts where sixteen bytes begin, at every sixteenth place, that have any of a class; gives where that ends. */
function markSixteens(name: string, member: Uint8Array, isOutside: boolean): Definition {
  return {
    name,
    body(scope) {
      const [at, to, into, ahead] = [scope.parameter(), scope.parameter(), scope.parameter(), scope.parameter()];
      const bytes = scope.local(v128);
      const classes = createClassifier(scope);
      const members = vector.highest(vector.isOther(classes.in(member), scope.vector(splat(0))));
      // What is put is kept only if `into` goes on over it: nothing has to be guessed.
      return [
        repeat([
          bytes.set(vector.load(at.get)),
          classes.read(bytes.get),
          store(into.get, add(at.get, ahead.get)),
          into.set(add(into.get, shiftLeft(isNot(members, constant(isOutside ? all : 0)), constant(2)))),
          at.set(add(at.get, constant(16))),
        ], isLess(at.get, to.get)),
        into.get,
      ];
    },
  };
}

export const markEscapes: Definition = markSixteens("markEscapes", isEscapeBegin, false);
export const markStrange: Definition = markSixteens("markStrange", isPlain, true);
