import type { Readable } from "node:stream";
import { type RawHeaders, valuesOf } from "../../exchange/headers.ts";
import { collect, holdBytes, send } from "../held-bytes.ts";
import { type Outgoing, type Prepare, type Prepared, withoutHeaders } from "../outgoing.ts";
import { through } from "../through.ts";
import type { Placeholder, Placeholders } from "./compile-placeholders.ts";
import { guardStream } from "./guard-body.ts";
import { bodyText, replaceStream } from "./replace-body.ts";

/** A body that says to be no longer than this keeps a length: it is replaced whole before it goes out. */
const largestWholeBytes = 256 * 1024;

/** Replaces a placeholder in a body, if its type allows it. The length that was announced would be wrong, so another one or none is. */
export function replaceBody(headers: RawHeaders, placeholder: Placeholder, value: string): Prepare | undefined {
  const types = valuesOf(headers, "content-type");
  const isReadable = valuesOf(headers, "content-encoding").every((coding) => coding.trim().toLowerCase() === "identity");
  const text = types.length > 1 || !isReadable ? undefined : bodyText(types[0] ?? "text/plain", value);
  if (text === undefined) return undefined;
  return async (body) => {
    if (body === null) return { headers: [...headers], body };
    const replaced = through(body, replaceStream(placeholder.text, text));
    const length = Number(valuesOf(headers, "content-length")[0] ?? Number.NaN);
    return length <= largestWholeBytes ? whole(headers, replaced) : { headers: withoutHeaders(headers, ["content-length"]), body: replaced };
  };
}

/** Lets no placeholder out in a body. What is done to the body otherwise comes before, if it replaces one. */
export function guardBody(outgoing: Outgoing, placeholders: Placeholders, isReplaced: boolean): Outgoing {
  const { prepare: inner } = outgoing;
  return {
    ...outgoing,
    prepare: async (body, refuse) => {
      const guard = (given: Readable | null): Readable | null => {
        return given === null ? null : through(given, guardStream(placeholders, () => refuse("placeholder-misused")));
      };
      if (inner === undefined) return { headers: outgoing.headers, body: guard(body) };
      if (!isReplaced) return inner(guard(body), refuse);
      const prepared = await inner(body, refuse);
      return prepared && { ...prepared, body: guard(prepared.body) };
    },
  };
}

async function whole(headers: RawHeaders, body: Readable): Promise<Prepared> {
  const room = holdBytes(Number.POSITIVE_INFINITY);
  const bytes = await collect(body, room);
  if (bytes === undefined) throw new Error("Too many bodies wait to be sent.");
  return { headers: [...withoutHeaders(headers, ["content-length"]), "content-length", String(bytes.length)], body: send(bytes, room) };
}
