import { isMap, isScalar, isSeq, parseDocument, type Pair, type ParsedNode, type YAMLMap, type YAMLSeq } from "yaml";

/** Text that is to stand at an offset of a source; nothing of the source is changed. */
export interface Insertion {
  readonly offset: number;
  readonly text: string;
}

/** A new item of a list, in YAML's two styles. */
export interface ItemText {
  /** Its keys, one a line. */
  readonly block: readonly string[];
  /** `{ key: value }` */
  readonly flow: string;
}

type Map = YAMLMap.Parsed;
type Seq = YAMLSeq.Parsed;

interface Edit {
  readonly source: string;
  readonly item: ItemText;
  readonly lineEnd: string;
}

const defaultStep = 2;

/**
 * Where one more item goes, as the last of the list at a path of keys, in the style of what stands there; keys that are
 * missing are made. Undefined for a source it does not know how to add to. Whether the result says what it should is the caller's to judge.
 */
export function insertItem(source: string, path: readonly string[], item: ItemText): Insertion | undefined {
  const { contents, errors } = parseDocument(source, { version: "1.2", schema: "core", merge: false, uniqueKeys: false, prettyErrors: false, logLevel: "error" });
  const edit = { source, item, lineEnd: source.includes("\r\n") ? "\r\n" : "\n" };
  if (errors.length > 0) return undefined;
  if (contents === null || (isScalar(contents) && contents.value === null)) return ownLines(edit, source.length, { column: 0, lines: nested(path, item, defaultStep) });
  return isMap(contents) ? intoMap(contents, path, edit, stepOf(contents, source)) : undefined;
}

function intoMap(map: Map, [key = "", ...rest]: readonly string[], edit: Edit, step: number): Insertion | undefined {
  const pair = map.items.find((each) => isScalar(each.key) && each.key.value === key);
  if (pair === undefined) return intoNewKey(map, [key, ...rest], edit, step);
  const { value } = pair;
  if (rest.length > 0) return isMap(value) ? intoMap(value, rest, edit, step) : undefined;
  return isSeq(value) ? intoList(value, edit) : undefined;
}

function intoNewKey(map: Map, path: readonly string[], edit: Edit, step: number): Insertion | undefined {
  if (map.flow === true) return intoFlow(map, nestedFlow(path, edit.item), edit);
  const [first] = map.items;
  const last = map.items.at(-1);
  if (!first || !last) return undefined;
  return ownLines(edit, endOf(last), { column: columnOf(edit.source, first.key.range[0]), lines: nested(path, edit.item, step) });
}

function intoList(list: Seq, edit: Edit): Insertion | undefined {
  const { item } = edit;
  if (list.flow === true) return intoFlow(list, item.flow, edit);
  const last = list.items.at(-1);
  if (last === undefined) return undefined;
  const lines = isMap(last) && last.flow === true ? [`- ${item.flow}`] : dashed(item);
  return ownLines(edit, endOf(last), { column: columnOf(edit.source, list.range[0]), lines });
}

/** Whole lines below the one in which `end` is. */
function ownLines({ source, lineEnd }: Edit, end: number, { column, lines }: { readonly column: number; readonly lines: readonly string[] }): Insertion {
  const text = lines.map((line) => `${" ".repeat(column)}${line}${lineEnd}`).join("");
  if (end === 0 || source[end - 1] === "\n") return { offset: end, text };
  const feed = source.indexOf("\n", end);
  return feed === -1 ? { offset: source.length, text: `${lineEnd}${text}` } : { offset: feed + 1, text };
}

/** After the last item of `[…]` or `{…}`; on a line of its own if that one is. */
function intoFlow(collection: Map | Seq, text: string, { source, lineEnd }: Edit): Insertion {
  const start = collection.range[0];
  const last = collection.items.at(-1);
  if (last === undefined) {
    const isTight = source[start + 1] === "}";
    return { offset: start + 1, text: isMap(collection) ? ` ${text}${isTight ? " " : ""}` : text };
  }
  const from = startOf(last);
  const column = columnOf(source, from);
  const isAlone = source.slice(from - column, from).trim() === "";
  return { offset: endOf(last), text: isAlone ? `,${lineEnd}${" ".repeat(column)}${text}` : `, ${text}` };
}

function nested(path: readonly string[], item: ItemText, step: number): readonly string[] {
  const keys = path.map((key, depth) => `${" ".repeat(depth * step)}${key}:`);
  return [...keys, ...dashed(item).map((line) => `${" ".repeat(path.length * step)}${line}`)];
}

function nestedFlow([key = "", ...rest]: readonly string[], item: ItemText): string {
  return `${key}: ${rest.length === 0 ? `[${item.flow}]` : `{ ${nestedFlow(rest, item)} }`}`;
}

function dashed({ block }: ItemText): readonly string[] {
  return block.map((line, index) => `${index === 0 ? "- " : "  "}${line}`);
}

type Item = ParsedNode | Pair<ParsedNode, ParsedNode | null>;

function startOf(item: Item): number {
  return "range" in item ? item.range[0] : item.key.range[0];
}

function endOf(item: Item): number {
  if (!("range" in item)) return item.value ? endOf(item.value) : item.key.range[1];
  const last = (isMap(item) || isSeq(item)) && item.flow !== true ? item.items.at(-1) : undefined;
  return last === undefined ? item.range[1] : endOf(last as Item);
}

function columnOf(source: string, offset: number): number {
  return offset - (source.lastIndexOf("\n", offset - 1) + 1);
}

// By how much this file sets off what is inside a key.
function stepOf(map: Map, source: string): number {
  const inner = map.items.map(({ value }) => value).find((value) => isMap(value) && value.flow !== true);
  const own = map.items[0]?.key.range[0];
  const step = inner && own !== undefined ? columnOf(source, inner.range[0]) - columnOf(source, own) : 0;
  return step > 0 ? step : defaultStep;
}
