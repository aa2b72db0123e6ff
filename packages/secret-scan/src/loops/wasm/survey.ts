import { isBase64, isHexOrBetween, isStrange } from "../../bytes.ts";
import { shortestRun } from "../loops.ts";
import {
  add, type Code, constant, countOnes, type Definition, i32, isAtLeast, isLess, leadingZeros, load, type Local, repeat, type Scope, shiftLeft, store, subtract,
  trailingZeros, v128, vector, when, xor,
} from "./assemble.ts";
import { createClassifier, splat } from "./classes.ts";

/** Addresses of what there is of one kind of runs. */
export interface RunsAt {
  /** The place in the text where the one begins that may go on. */
  readonly from: number;
  /** Those that are over, each by its first place and the one after its last, and the address behind them. */
  readonly list: number;
  readonly end: number;
}

const isPlain = isStrange.map((strange) => 1 - strange);
const all = 0xffff;

/**
 * `survey(at, to, ahead)`: lists the runs of digits that end between `at` and `to`, and gives how many bytes are strange there. `ahead` is what an address
 * lacks for the place in the text.
 */
export function survey(digits: RunsAt, hex: RunsAt): Definition {
  return {
    name: "survey",
    body(scope) {
      const [at, to, ahead] = [scope.parameter(), scope.parameter(), scope.parameter()];
      const [place, bytes, strange] = [scope.local(i32), scope.local(v128), scope.local(i32)];
      const classes = createClassifier(scope);
      const nothing = scope.vector(splat(0));
      const others = (member: Uint8Array): Code => xor(vector.highest(vector.isOther(classes.in(member), nothing)), constant(all));
      const trackers = [createTracker(scope, digits, place), createTracker(scope, hex, place)] as const;
      const [inDigits, inHex] = [others(isBase64), others(isHexOrBetween)];
      return [
        place.set(add(at.get, ahead.get)),
        trackers.map(({ begin }) => begin),
        repeat([
          bytes.set(vector.load(at.get)),
          classes.read(bytes.get),
          strange.set(add(strange.get, countOnes(others(isPlain)))),
          trackers[0].step(inDigits),
          trackers[1].step(inHex),
          at.set(add(at.get, constant(16))),
          place.set(add(place.get, constant(16))),
        ], isLess(at.get, to.get)),
        trackers.map(({ end }) => end),
        strange.get,
      ];
    },
  };
}

// A run of sixteen is all of the sixteen bytes, or goes over an end of them: none begins and ends within.
function createTracker({ local }: Scope, addresses: RunsAt, place: Local): { readonly begin: Code; readonly end: Code; step(others: Code): Code } {
  const [from, to, into, rest] = [local(i32), local(i32), local(i32), local(i32)];
  return {
    begin: [from.set(load(constant(addresses.from))), into.set(constant(addresses.list))],
    end: [store(constant(addresses.from), from.get), store(constant(addresses.end), into.get)],
    step: (others) => [rest.set(others), when(rest.get,
      to.set(add(place.get, trailingZeros(rest.get))),
      store(into.get, from.get),
      store(into.get, to.get, 4),
      into.set(add(into.get, shiftLeft(isAtLeast(subtract(to.get, from.get), constant(shortestRun)), constant(3)))),
      from.set(subtract(add(place.get, constant(32)), leadingZeros(rest.get))))],
  };
}
