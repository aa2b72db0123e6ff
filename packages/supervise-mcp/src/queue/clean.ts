import { cut, visible } from "@bottle/manifest/state";

/** A text in one line of printable characters, cut to size. */
export function clean(text: string, limit = 1000): string {
  return cut(visible(text), limit);
}
