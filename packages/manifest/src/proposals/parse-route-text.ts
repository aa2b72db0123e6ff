import { judgeShape } from "../parse/judge-shape.ts";
import type { Parsed } from "../parse/parse-bottle.ts";
import { createReport } from "../parse/report.ts";
import { indexText } from "../text/position.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import type { AskedRoute } from "./model.ts";
import { askedRouteSchema } from "./schema.ts";

const longest = 2 ** 16;

/**
 * Reads a route that an operator wrote in place of one that was asked for: YAML with host, ports, methods and paths alone.
 * Never throws for any text.
 * @param source.file the path to name in problems
 */
export function parseRouteText({ file, text }: { readonly file: string; readonly text: string }): Parsed<AskedRoute> {
  const report = createReport(file, indexText(text));
  if (text.length > longest || !text.isWellFormed()) {
    report.add(0, { code: "route-unreadable", message: `The text is no route: it has ${text.length} characters, or some that are none.`, mend: "For example: host: api.example.com" });
    return { ok: false, problems: report.problems() };
  }
  const { root, faults } = readYaml(text, 0);
  for (const { offset, ...fault } of faults) report.add(offset, fault);
  if (faults.length === 0 && root?.kind !== "map") report.add(root?.offset ?? 0, { code: "route-empty", message: "There is no route here.", mend: "For example: host: api.example.com" });
  const route = faults.length === 0 && root?.kind === "map" ? judgeShape({ root, schema: askedRouteSchema, report, recipe: () => undefined, checks: () => undefined }) : undefined;
  return route === undefined ? { ok: false, problems: report.problems() } : { ok: true, value: route };
}
