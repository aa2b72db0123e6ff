/** What a rendered file holds: maps of scalars, lists of scalars, and maps. */
export interface YamlMap {
  readonly [key: string]: YamlMap | readonly string[] | string | number | boolean;
}

/**
 * Renders a map as block YAML 1.2. Every string is double-quoted by JSON's rules, which are YAML's too (§7.3.1): nothing in a value is ever read as
 * a number, a boolean, a tag, an anchor or another line.
 */
export function renderYaml(map: YamlMap, indent = ""): string {
  return Object.entries(map).map(([key, value]) => `${indent}${key}:${renderValue(value, `${indent}  `)}`).join("");
}

function renderValue(value: YamlMap[string], indent: string): string {
  if (isList(value)) return value.length === 0 ? " []\n" : `\n${value.map((item) => `${indent}- ${JSON.stringify(item)}\n`).join("")}`;
  return typeof value === "object" ? `\n${renderYaml(value, indent)}` : ` ${JSON.stringify(value)}\n`;
}

function isList(value: YamlMap[string]): value is readonly string[] {
  return Array.isArray(value);
}
