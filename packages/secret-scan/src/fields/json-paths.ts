/** One name or value of a JSON text, and its path (RFC 9535's notation). */
export interface JsonText {
  readonly path: string;
  /** Its name is the path's last part. */
  readonly isName: boolean;
  readonly text: string;
}

const mostTexts = 20_000;
/** A longer one tells nobody more, and each text of many that are deep would have its own. */
const longestPath = 400;

/** The names and the strings of a JSON text, up to 20 000; none if it is no JSON. A long path is cut short. */
export function readJsonTexts(json: string, nameOf: (name: string) => string): readonly JsonText[] {
  const texts: JsonText[] = [];
  const open: { readonly path: string; readonly value: unknown }[] = [{ path: "$", value: parse(json) }];
  for (let next = open.pop(); next !== undefined && texts.length < mostTexts; next = open.pop()) {
    const { path, value } = next;
    if (typeof value === "string") texts.push({ path, isName: false, text: value });
    if (typeof value !== "object" || value === null) continue;
    for (const [name, inner] of Object.entries(value)) {
      const place = path.length > longestPath ? shortened(path) : Array.isArray(value) ? `${path}[${name}]` : `${path}.${nameOf(name)}`;
      if (!Array.isArray(value)) texts.push({ path: place, isName: true, text: name });
      open.push({ path: place, value: inner });
    }
  }
  return texts;
}

function shortened(path: string): string {
  return path.endsWith("…") ? path : `${path}…`;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
