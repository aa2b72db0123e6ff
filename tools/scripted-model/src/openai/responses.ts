import type { Dialect } from "../dialect.ts";
import { readResponses } from "./read.ts";
import { translateForResponses } from "./translate.ts";
import { responseEvents, responseFailure, wholeResponse } from "./write.ts";

/** OpenAI Responses. */
export const openaiResponses: Dialect = {
  read: readResponses,
  translate: translateForResponses,
  events: responseEvents,
  whole: wholeResponse,
  failure: responseFailure,
};
