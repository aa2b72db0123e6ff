/** Instructions of WebAssembly (W3C, version 2.0; sections are named after it), within each other: what takes values has them as instructions before its own. */
export type Code = readonly (number | Code)[];

/** The types of values: a number of 32 bits, and sixteen bytes (§5.3). */
export const i32 = 0x7f;
export const v128 = 0x7b;

/** A variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** What a function is made in. */
export interface Scope {
  /** The next parameter, of i32; all before any other variable. */
  parameter(): Local;
  local(type: typeof i32 | typeof v128): Local;
  /** Sixteen bytes that stay the same. They are loaded once: an engine may well make a constant anew wherever it stands. */
  vector(bytes: Uint8Array): Code;
}

export interface Definition {
  readonly name: string;
  /** The instructions; the last leaves an i32, which is what the function gives. */
  body(scope: Scope): Code;
}

/** Bytes that are in memory from the beginning. */
export interface Data {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface Assembly {
  /** Of memory, 64 KiB each. It is exported as `memory`. */
  readonly pages: number;
  /** Where in memory the functions' vectors are put. */
  readonly vectorsAt: number;
  readonly data: readonly Data[];
  readonly functions: readonly Definition[];
}

const vectorBytes = 16;

/** A module (§5.5). */
export function assemble({ pages, vectorsAt, data, functions }: Assembly): Uint8Array<ArrayBuffer> {
  const vectors: Data[] = [];
  const put = (bytes: Uint8Array): number => {
    const at = vectorsAt + vectorBytes * vectors.length;
    vectors.push({ at, bytes });
    return at;
  };
  const made = functions.map((definition) => toFunction(definition, put));
  return Uint8Array.from(flatten([
    0x00, text("asm"), 0x01, 0x00, 0x00, 0x00,
    section(1, made.map(({ parameters }) => [0x60, list(new Array<Code>(parameters).fill([i32])), list([[i32]])])),
    section(3, made.map((_, index) => [index])),
    section(5, [[0x01, unsigned(pages), unsigned(pages)]]),
    section(7, [[sized(text("memory")), 0x02, 0x00], ...functions.map(({ name }, index) => [sized(text(name)), 0x00, index])]),
    section(10, made.map(({ code }) => sized(code))),
    section(11, [...data, ...vectors].map(({ at, bytes }) => [0x00, constant(at), 0x0b, sized([...bytes])])),
  ]));
}

function toFunction({ body }: Definition, put: (bytes: Uint8Array) => number): { readonly parameters: number; readonly code: Code } {
  let parameters = 0;
  const locals: number[] = [];
  const loads: Code[] = [];
  const local = (type: number): Local => toLocal(parameters + locals.push(type) - 1);
  const code = body({
    parameter: () => toLocal(parameters++),
    local,
    vector(bytes) {
      const { get, set } = local(v128);
      loads.push(set(vector.load(constant(put(bytes)))));
      return get;
    },
  });
  return { parameters, code: [list(locals.map((type) => [1, type])), loads, code, 0x0b] };
}

function toLocal(index: number): Local {
  return { get: [0x20, unsigned(index)], set: (value) => [value, 0x21, unsigned(index)] };
}

const unary = (operation: Code) => (value: Code): Code => [value, operation];
const binary = (operation: Code) => (left: Code, right: Code): Code => [left, right, operation];
const loading = (operation: Code) => (address: Code, offset = 0): Code => [address, operation, unaligned, unsigned(offset)];
const storing = (operation: Code) => (address: Code, value: Code, offset = 0): Code => [address, value, operation, unaligned, unsigned(offset)];
const simd = (operation: number): Code => [0xfd, unsigned(operation)];
const unaligned = 0;

/** Instructions on numbers (§5.4.6, §5.4.7), without sign if it makes a difference. */
export const constant = (value: number): Code => [0x41, signed(value)];
export const add: (left: Code, right: Code) => Code = binary([0x6a]);
export const subtract: (left: Code, right: Code) => Code = binary([0x6b]);
export const multiply: (left: Code, right: Code) => Code = binary([0x6c]);
export const and: (left: Code, right: Code) => Code = binary([0x71]);
export const or: (left: Code, right: Code) => Code = binary([0x72]);
export const xor: (left: Code, right: Code) => Code = binary([0x73]);
export const shiftLeft: (left: Code, right: Code) => Code = binary([0x74]);
export const shiftRight: (left: Code, right: Code) => Code = binary([0x76]);
export const isNot: (left: Code, right: Code) => Code = binary([0x47]);
export const isLess: (left: Code, right: Code) => Code = binary([0x49]);
export const isAtLeast: (left: Code, right: Code) => Code = binary([0x4f]);
export const leadingZeros: (value: Code) => Code = unary([0x67]);
export const trailingZeros: (value: Code) => Code = unary([0x68]);
export const countOnes: (value: Code) => Code = unary([0x69]);
export const load: (address: Code, offset?: number) => Code = loading([0x28]);
export const loadByte: (address: Code, offset?: number) => Code = loading([0x2d]);
export const store: (address: Code, value: Code, offset?: number) => Code = storing([0x36]);

/** Instructions on sixteen bytes (§5.4.8). */
export const vector: {
  load(address: Code, offset?: number): Code;
  /** Eight bytes, and eight of 0. */
  loadHalf(address: Code, offset?: number): Code;
  store(address: Code, value: Code, offset?: number): Code;
  /** Of the left each byte of which the right tells the place, 0 for one that is not there. */
  pick(left: Code, right: Code): Code;
  and(left: Code, right: Code): Code;
  or(left: Code, right: Code): Code;
  add(left: Code, right: Code): Code;
  /** All bits of a byte, or none. */
  isOther(left: Code, right: Code): Code;
  /** Two bytes at a time. */
  shiftRight(value: Code, bits: Code): Code;
  /** Each byte's highest bit, as a number. */
  highest(value: Code): Code;
} = {
  load: loading(simd(0x00)), loadHalf: loading(simd(0x5d)), store: storing(simd(0x0b)), pick: binary(simd(0x0e)), and: binary(simd(0x4e)), or: binary(simd(0x50)),
  add: binary(simd(0x6e)), isOther: binary(simd(0x24)), shiftRight: binary(simd(0x8d)), highest: unary(simd(0x64)),
};

/** Runs the instructions if the condition is not 0 (§5.4.1). */
export const when = (condition: Code, ...then: readonly Code[]): Code => [condition, 0x04, 0x40, then, 0x0b];
/** Runs them once, and again as long as the condition is not 0. */
export const repeat = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0x00, 0x0b];

function section(id: number, items: readonly Code[]): Code {
  return [id, sized(list(items))];
}

function list(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function sized(code: Code): Code {
  const bytes = flatten(code);
  return [unsigned(bytes.length), bytes];
}

function text(name: string): Code {
  return [...Buffer.from(name, "latin1")];
}

function flatten(code: Code, into: number[] = []): readonly number[] {
  for (const one of code) {
    if (typeof one === "number") into.push(one);
    else flatten(one, into);
  }
  return into;
}

// LEB128 (§5.2.2).
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, signed(value >> 7)];
}
