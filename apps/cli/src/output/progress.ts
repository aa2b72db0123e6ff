import type { Context } from "../context.ts";

const quietMs = 1000;

/** A line on standard error for what takes longer than a second: rewritten on a terminal, once per step elsewhere. */
export interface Progress extends Disposable {
  step(text: string): void;
}

/** Starts a progress line; disposing takes it off the terminal. */
export function startProgress(context: Context): Progress {
  const isLive = context.terminal.isTerminal && context.hasColour;
  let current = "";
  let isShown = false;
  const show = (): void => {
    if (current === "") return;
    isShown = true;
    if (isLive) context.terminal.error.write(`\r\u001b[K${current} …`);
    else context.err(`${current} …`);
  };
  let timer = setTimeout(show, quietMs);
  return {
    step(text) {
      current = text;
      if (isShown && isLive) return show();
      clearTimeout(timer);
      timer = setTimeout(show, quietMs);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      if (isShown && isLive) context.terminal.error.write("\r\u001b[K");
    },
  };
}
