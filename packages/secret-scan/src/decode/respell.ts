import { isAscii } from "node:buffer";
import { asBuffer } from "../bytes.ts";
import { normalise } from "../normalise/index.ts";
import { decodeEntities } from "./entities.ts";
import { decodeEscapes } from "./escapes.ts";
import { decodePercent } from "./percent.ts";
import { decodeUtf16 } from "./utf16.ts";

/** A whole text, spelt without one kind of escaping. */
export interface Respelt {
  readonly kind: "url" | "escapes" | "html" | "utf-16" | "unicode";
  readonly text: Buffer;
}

/** The other texts that a text is when its escapes are undone; none for most. */
export function respell(bytes: Uint8Array): readonly Respelt[] {
  const respelt: Respelt[] = [];
  const add = (kind: Respelt["kind"], text: Buffer | undefined): void => {
    if (text !== undefined && text.length > 0) respelt.push({ kind, text });
  };
  add("url", decodePercent(bytes));
  add("escapes", decodeEscapes(bytes));
  add("html", decodeEntities(bytes));
  if (bytes.includes(0) || !isAscii(bytes)) {
    add("utf-16", decodeUtf16(bytes));
    add("unicode", normalised(bytes));
  }
  return respelt;
}

function normalised(bytes: Uint8Array): Buffer | undefined {
  const text = asBuffer(bytes).toString("utf8");
  const normal = normalise(text);
  return normal === text ? undefined : Buffer.from(normal, "utf8");
}
