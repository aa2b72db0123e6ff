import type { SecretValue } from "./model.ts";

const shown = "[secret]";

/** A private field is in no key list, no JSON, no structured clone and no inspection. */
class Secret implements SecretValue {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): "[secret]" {
    return shown;
  }

  toString(): "[secret]" {
    return shown;
  }

  [Symbol.toPrimitive](): "[secret]" {
    return shown;
  }

  /** What Node's util.inspect, console and assertion messages ask for. */
  [Symbol.for("nodejs.util.inspect.custom")](): "[secret]" {
    return shown;
  }
}

/** Wraps a value so that only `reveal()` gives it back; everything that would show it shows `[secret]`. */
export function secretValue(value: string): SecretValue {
  return new Secret(value);
}
