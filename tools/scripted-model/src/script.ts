/** One thing the scripted model makes the program do, free of any program's own tool names. */
export type Action =
  | { readonly kind: "create"; readonly path: string; readonly content: string }
  | { readonly kind: "edit"; readonly path: string; readonly find: string; readonly replace: string }
  | { readonly kind: "read"; readonly path: string }
  | { readonly kind: "shell"; readonly command: string }
  | { readonly kind: "tool"; readonly name: string; readonly input: ToolInput };

/** A tool's input: an object, or plain text for a tool that takes free form. */
export type ToolInput = Readonly<Record<string, unknown>> | string;

/** One answer of the model: text in the chunks it is streamed in, then tool calls. No calls ends the program's turn. */
export interface Turn {
  readonly text: readonly string[];
  readonly actions: readonly Action[];
}

/** What the model says, in order. */
export interface ModelScript {
  /**
   * The answer to a request is the turn whose index is the number of answers the request's history holds already,
   * so a retried request gets the same answer and a resumed conversation goes on.
   */
  readonly turns: readonly Turn[];
  /** Pause before every streamed text chunk; 0 if absent. */
  readonly chunkDelayMs?: number;
}

/** A turn that says something and ends. Several chunks are streamed as several deltas. */
export function say(...chunks: readonly string[]): Turn {
  return { text: chunks, actions: [] };
}

/** A turn that calls tools, without a word. */
export function act(...actions: readonly Action[]): Turn {
  return { text: [], actions };
}

/** Makes a new file. `path` is relative to the program's working directory, or absolute. */
export function createFile(path: string, content: string): Action {
  return { kind: "create", path, content };
}

/** Replaces whole lines of a file, once. claude edits only a file it has read in an earlier action: script `readFile` first. */
export function editFile(path: string, lines: { readonly find: string; readonly replace: string }): Action {
  return { kind: "edit", path, ...lines };
}

/** Reads a file. */
export function readFile(path: string): Action {
  return { kind: "read", path };
}

/** Runs a shell command. */
export function runShell(command: string): Action {
  return { kind: "shell", command };
}

/** Calls one tool by its own name, for what the other actions do not cover. */
export function callTool(name: string, input: ToolInput): Action {
  return { kind: "tool", name, input };
}
