import type { Dialect } from "../dialect.ts";
import { readMessages } from "./read.ts";
import { translateForMessages } from "./translate.ts";
import { messageEvents, messageFailure, wholeMessage } from "./write.ts";

/** Anthropic Messages. */
export const anthropicMessages: Dialect = {
  read: readMessages,
  translate: translateForMessages,
  events: messageEvents,
  whole: wholeMessage,
  failure: messageFailure,
};
