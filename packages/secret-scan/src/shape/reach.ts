const group = /^\((?:\?(?:[:=!]|<[=!]|<[A-Za-z]\w*>))?/;
const quantifier = /^(?:[?*+]|\{(\d+)(?:(,)(\d*))?\})\??/;
const atom = /^(?:\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[pP]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|[^()|])/s;

/**
 * How far from any character of a match all lies that a regular expression looks at: the most characters that it and its lookarounds
 * take; infinite if that has no bound. Never too few: what takes none counts for one.
 */
export function reachOf({ source }: RegExp): number {
  let rest = source;
  const take = (form: RegExp): RegExpExecArray | undefined => {
    const match = form.exec(rest) ?? undefined;
    if (match !== undefined) rest = rest.slice(match[0].length);
    return match;
  };
  const most = (): number => {
    const [whole, , comma, upper = ""] = take(quantifier) ?? ["?"];
    if (whole.startsWith("*") || whole.startsWith("+") || (comma !== undefined && upper === "")) return Infinity;
    return whole.startsWith("{") ? Number(comma === undefined ? /\d+/.exec(whole)?.[0] : upper) : 1;
  };
  const alternatives = (): number => {
    let longest = 0;
    for (let length = 0; ;) {
      if (rest === "" || rest.startsWith(")")) return Math.max(longest, length);
      if (rest.startsWith("|")) {
        rest = rest.slice(1);
        longest = Math.max(longest, length);
        length = 0;
      } else length += item();
    }
  };
  const item = (): number => {
    if (take(group) === undefined) return take(atom) === undefined ? Infinity : most();
    const inside = alternatives();
    rest = rest.slice(1);
    const times = most();
    return inside === 0 ? 0 : inside * times;
  };
  return alternatives();
}
