import { yamlText } from "../parse/yaml-text.ts";
import type { AskedRoute } from "./model.ts";

/** A route as lines of block YAML, one a key: `host: api.example.com`, `methods: [GET, HEAD]`. */
export function routeLines({ host, ports, methods, paths }: AskedRoute): readonly string[] {
  return [
    `host: ${yamlText(host)}`,
    ...(ports ? [`ports: [${ports.join(", ")}]`] : []),
    ...(methods ? [`methods: [${methods.map(yamlText).join(", ")}]`] : []),
    ...(paths ? [`paths: [${paths.map(yamlText).join(", ")}]`] : []),
  ];
}
