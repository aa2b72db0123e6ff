import { createElement } from "react";
import { render } from "ink";
import type { Line } from "../layout/line.ts";
import { Screen } from "./screen.ts";

const framesPerSecond = 10;

/** The terminal while the dashboard is on it; disposing gives back what was there before. */
export interface OpenScreen extends AsyncDisposable {
  show(lines: readonly Line[]): void;
  /** Settles when the screen is gone; rejects with what broke it. */
  readonly gone: Promise<void>;
}

/** What the screen is opened with. */
export interface ScreenOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly hasColour: boolean;
  readonly onKey: (key: string) => void;
  readonly onPaste: (text: string) => void;
}

/** Takes the terminal: its alternate screen, without a cursor, and every key. */
export function openScreen(options: ScreenOptions, first: readonly Line[]): OpenScreen {
  const { input, output, hasColour, onKey, onPaste } = options;
  const element = (lines: readonly Line[]): ReturnType<typeof createElement> => createElement(Screen, { lines, hasColour, onKey, onPaste });
  const app = render(element(first), {
    stdin: input, stdout: output, exitOnCtrlC: false, patchConsole: false, alternateScreen: true, incrementalRendering: true,
    maxFps: framesPerSecond, interactive: true, isScreenReaderEnabled: false,
  });
  // Before Node says what is wrong: on the alternate screen nobody would read it.
  const onCrash = (): void => app.unmount();
  process.once("uncaughtExceptionMonitor", onCrash);
  const gone = app.waitUntilExit().then(() => undefined);
  // Who waits for it is told.
  gone.catch(() => undefined);
  return {
    show: (lines) => app.rerender(element(lines)),
    gone,
    async [Symbol.asyncDispose]() {
      process.off("uncaughtExceptionMonitor", onCrash);
      app.unmount();
      await gone.catch(() => undefined);
    },
  };
}
