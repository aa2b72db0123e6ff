/** A text as a TOML basic string. JSON's escapes are TOML's, but for U+007F, which TOML wants escaped. */
export function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/** A text as one part of a TOML key. */
export function tomlKey(text: string): string {
  return tomlString(text);
}
