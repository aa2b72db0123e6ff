import { decodePercent } from "../decode/percent.ts";

/** One name and value of a query or form, percent-encoding undone. */
export interface Pair {
  readonly name: string;
  readonly value: Buffer;
}

const plus = /\+/g;

/** The names and values of `application/x-www-form-urlencoded` text (WHATWG URL, "urlencoded parsing"), in order; `;` parts them too. */
export function readPairs(text: string): readonly Pair[] {
  return text.split(/[&;]/).filter((pair) => pair !== "").map((pair) => {
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    return { name: decode(name).toString("utf8"), value: decode(equals === -1 ? "" : pair.slice(equals + 1)) };
  });
}

function decode(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll(plus, " "), "latin1");
  return decodePercent(bytes) ?? bytes;
}
