import type { BottleManifest } from "../model.ts";
import { parseBottle, type Parsed } from "../parse/parse-bottle.ts";
import type { AskedRoute } from "../proposals/model.ts";
import { routeLines } from "../proposals/route-text.ts";
import { splitFrontmatter } from "../text/frontmatter.ts";
import { insertItem } from "../yaml/insert-item.ts";

/** A bottle's file, as it was read. */
export interface BottleFile {
  /** The path to name in problems. */
  readonly file: string;
  readonly text: string;
}

/**
 * The text of `bottles/<name>.md` with one more route, the last one: nothing else in it is changed by a byte. The same text if it has that
 * very route already. What comes out is parsed whole, and is taken only if it says what was there before and that route.
 * @returns the problems if the file cannot be used, or is laid out in a way that bottle does not edit
 */
export function addRoute(source: BottleFile, route: AskedRoute): Parsed<string> {
  const before = parseBottle(source);
  if (!before.ok) return before;
  const added = inOrder(route);
  if (before.value.egress.routes.some((each) => JSON.stringify(each) === JSON.stringify(added))) return { ok: true, value: source.text };
  const text = spliced(source.text, added);
  const after = text === undefined ? undefined : parseBottle({ ...source, text });
  if (text === undefined || !after?.ok || meaning(after.value) !== meaning(withRoute(before.value, added))) return { ok: false, problems: [unknownLayout(before.value, source, route)] };
  return { ok: true, value: text };
}

function spliced(text: string, route: AskedRoute): string | undefined {
  const mark = text.startsWith("\ufeff") ? 1 : 0;
  const parts = splitFrontmatter(text.slice(mark));
  if (!parts.ok) return undefined;
  const block = routeLines(route);
  const insertion = insertItem(parts.yaml, ["egress", "routes"], { block, flow: `{ ${block.join(", ")} }` });
  if (insertion === undefined) return undefined;
  const at = mark + parts.yamlOffset + insertion.offset;
  return `${text.slice(0, at)}${insertion.text}${text.slice(at)}`;
}

// The order in which a parsed route has its keys.
function inOrder({ host, ports, methods, paths }: AskedRoute): AskedRoute {
  return { host, ...(ports && { ports }), ...(methods && { methods }), ...(paths && { paths }) };
}

function withRoute(bottle: BottleManifest, route: AskedRoute): BottleManifest {
  return { ...bottle, egress: { ...bottle.egress, routes: [...bottle.egress.routes, route] } };
}

function meaning({ source: _, ...bottle }: BottleManifest): string {
  return JSON.stringify(bottle);
}

function unknownLayout({ source }: BottleManifest, { file }: BottleFile, route: AskedRoute): Extract<Parsed<never>, { ok: false }>["problems"][number] {
  const lines = routeLines(route).map((line, index) => `${index === 0 ? "    - " : "      "}${line}`);
  return {
    code: "layout-unknown", file, ...(source?.places["egress"] ?? { line: 1, column: 1 }),
    message: "The routes here are laid out in a way that bottle does not edit.", mend: ["Add this by hand:", "egress:", "  routes:", ...lines].join("\n"),
  };
}
