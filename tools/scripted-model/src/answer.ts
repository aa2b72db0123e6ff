import type { Answer, Asked, Dialect } from "./dialect.ts";
import { ScriptedModelError } from "./errors.ts";
import type { ModelScript } from "./script.ts";

/**
 * The script's answer to a request.
 * @param id makes the answer's and its calls' ids unique
 * @throws ScriptedModelError `script-exhausted`, `tool-not-offered`
 */
export function answerFrom(script: ModelScript, dialect: Dialect, asked: Asked, id: string): Answer {
  const head = { id, model: asked.model };
  if (asked.aside !== undefined) return { ...head, text: [asked.aside], calls: [] };
  const turn = script.turns[asked.answered];
  if (turn === undefined) {
    throw new ScriptedModelError("script-exhausted",
      `The program asks for answer ${asked.answered + 1}; the script has ${script.turns.length}.`);
  }
  const calls = turn.actions.map((action, index) => ({ id: `${id}_${index}`, ...dialect.translate(action, asked.tools) }));
  return { ...head, text: turn.text, calls };
}
