import { escapeDeceptive } from "../text/visible.ts";

/** A text as a YAML scalar: plain if it can be read as nothing else, else in double quotes. */
export function yamlText(text: string): string {
  const isPlain = /^[A-Za-z~/][A-Za-z0-9_./@+=~-]*(?: [A-Za-z0-9_./@+=~-]+)*$/.test(text) && !/^(?:true|false|null|~)$/i.test(text);
  return isPlain ? text : escapeDeceptive(JSON.stringify(text));
}
