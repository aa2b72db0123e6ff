import { answers } from "./answers.ts";
import { handshakes } from "./handshakes.ts";
import { heads } from "./heads.ts";
import { hops } from "./hops.ts";
import type { Kind } from "./kind.ts";
import { messages } from "./messages.ts";
import { requests } from "./requests.ts";
import { sessionAnswers } from "./session-answers.ts";
import { sessions } from "./sessions.ts";

/** Everything that is fuzzed; a seed chooses by place, so new ones are added at the end. */
export const kinds: readonly [readonly [string, Kind], ...(readonly [string, Kind])[]] = [
  ["heads", heads], ["requests", requests], ["handshakes", handshakes], ["sessions", sessions],
  ["messages", messages], ["answers", answers], ["session-answers", sessionAnswers], ["hops", hops],
];
