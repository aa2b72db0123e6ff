import { ScriptedModelError } from "./errors.ts";

/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; nothing if it is no list. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The text at a member, or an empty text. */
export function textOf(object: JsonObject, member: string): string {
  const value = object[member];
  return typeof value === "string" ? value : "";
}

/** The value at a path of members; undefined where the path ends early. */
export function memberOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => isObject(inner) ? inner[name] : undefined, value);
}

/**
 * Reads a body as a JSON object.
 * @throws ScriptedModelError `request-invalid`
 */
export function parseObject(body: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new ScriptedModelError("request-invalid", "The request's body is not JSON.", { cause });
  }
  if (isObject(value)) return value;
  throw new ScriptedModelError("request-invalid", "The request's body is not a JSON object.");
}
