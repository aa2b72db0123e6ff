/** Names what the sender named, in a place that is shown. */
export type Label = (kind: string, name: string) => string;

const longest = 80;

/** @param isClean whether there is nothing in a text that is not to be shown */
export function createLabel(isClean: (text: string) => boolean): Label {
  return (kind, name) => `${kind} ${isClean(name) ? printable(name) : "(hidden)"}`;
}

function printable(name: string): string {
  const short = name.length > longest ? `${name.slice(0, longest)}…` : name;
  return /^[\w$.[\]/-]+$/.test(short) ? short : JSON.stringify(short.replaceAll(/[^\x20-\x7e…]/g, "?"));
}
