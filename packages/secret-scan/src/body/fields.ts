import { asBuffer } from "../bytes.ts";
import { createJsonFields } from "../fields/json.ts";
import { readPairs } from "../fields/pairs.ts";
import { createCarry } from "../known/matcher.ts";
import type { Look } from "../layers.ts";
import type { ScanMemory } from "../memory.ts";
import type { Sieve } from "../sieve.ts";

/** Looks for known values cut in pieces over the fields of a text that itself comes in pieces. */
export interface FieldScan {
  push(bytes: Uint8Array, look: Look): void;
  end(look: Look): void;
}

export interface FieldScanOptions {
  readonly sieve: Sieve;
  readonly contentType: string;
  /** The first bytes of the content: what they look like counts where the type says nothing. */
  readonly start: Uint8Array;
  readonly memory?: ScanMemory | undefined;
}

export function createFieldScan({ sieve, contentType, start, memory }: FieldScanOptions): FieldScan {
  if (/[/+]x-www-form-urlencoded/i.test(contentType)) return formScan(sieve, memory);
  if (isJson(contentType, start)) return jsonScan(sieve, memory);
  return {
    push: (bytes, look) => memory !== undefined && sieve.siftKnown(bytes, over(look, "messages"), memory.of()),
    end() { /* nothing is kept */ },
  };
}

/** Whether a content is JSON by its type, or looks like it. */
export function isJson(contentType: string, start: Uint8Array): boolean {
  return /[/+](?:x-)?(?:nd)?json/i.test(contentType) || looksLikeJson(start);
}

function looksLikeJson(start: Uint8Array): boolean {
  const first = String.fromCharCode(start[0] ?? 0);
  // Most texts are no JSON, and tell by what they begin with.
  if (/[!-~]/.test(first)) return /[[{"]/.test(first);
  return /^[\s\ufeff]{0,64}[[{"]/.test(asBuffer(start.subarray(0, 128)).toString("utf8"));
}

// No field of a query or form can be called so.
const stringsField = "\0strings";

function jsonScan(sieve: Sieve, memory: ScanMemory | undefined): FieldScan {
  const fields = createJsonFields(4 * sieve.longest);
  const names = createCarry();
  const values = memory?.of() ?? createCarry();
  const strings = memory?.of(stringsField) ?? createCarry();
  return {
    push(bytes, look) {
      const joined = fields.push(bytes);
      sieve.siftKnown(joined.strings, over(look, "json values"), strings);
      sieve.siftKnown(joined.values, over(look, "json values"), values);
      sieve.siftKnown(joined.names, over(look, "json names"), names);
    },
    end() { /* a string without an end is no field */ },
  };
}

const longestPair = 16 << 10;

function formScan(sieve: Sieve, memory: ScanMemory | undefined): FieldScan {
  let rest = "";
  const names = createCarry();
  const values = memory?.of() ?? createCarry();
  const read = (text: string, look: Look): void => {
    const pairs = readPairs(text);
    sieve.siftKnown(Buffer.concat(pairs.map(({ value }) => value)), over(look, "form values"), values);
    sieve.siftKnown(Buffer.from(pairs.map(({ name }) => name).join("")), over(look, "form names"), names);
    if (memory !== undefined) for (const { name, value } of pairs) sieve.siftKnown(value, over(look, "form values"), memory.of(name));
  };
  return {
    push(bytes, look) {
      const text = rest + asBuffer(bytes).toString("latin1");
      const end = text.length - text.lastIndexOf("&") > longestPair ? text.length : text.lastIndexOf("&") + 1;
      rest = text.slice(end);
      read(text.slice(0, end), look);
    },
    end(look) {
      read(rest, look);
      rest = "";
    },
  };
}

function over(look: Look, fields: string): Look {
  return { ...look, where: look.where === "body" ? fields : `${look.where} ${fields}` };
}
