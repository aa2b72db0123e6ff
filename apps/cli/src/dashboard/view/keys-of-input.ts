import type { Key as InkKey } from "ink";

const names: readonly (readonly [keyof InkKey, string])[] = [
  ["upArrow", "up"], ["downArrow", "down"], ["leftArrow", "left"], ["rightArrow", "right"], ["pageUp", "pageup"], ["pageDown", "pagedown"],
  ["home", "home"], ["end", "end"], ["return", "enter"], ["escape", "escape"], ["backspace", "backspace"], ["delete", "delete"],
];

/** The keys of one piece of input: several where they came at once, as over a slow line. */
export function keysOfInput(input: string, key: InkKey): readonly string[] {
  if (key.eventType === "release") return [];
  if (key.tab) return [key.shift ? "shift-tab" : "tab"];
  const named = names.find(([name]) => key[name] === true)?.[1];
  if (named !== undefined) return [named];
  if (key.ctrl) return [`ctrl-${input}`];
  // With Alt a letter means another thing; it means nothing here.
  if (key.meta) return [];
  return [...input].map((character) => byCharacter[character] ?? character);
}

const byCharacter: Readonly<Record<string, string>> = { "\r": "enter", "\n": "enter", "\t": "tab", "\u007f": "backspace", "\u0003": "ctrl-c" };
