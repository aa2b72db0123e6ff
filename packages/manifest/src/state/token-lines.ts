import * as v from "valibot";
import { secretValue } from "../secret-value.ts";
import type { RenewableTokens, TokenReading } from "../model.ts";
import { readLine } from "./read-line.ts";

/**
 * The lines by which sidecars get a credential's value as it is now: they write `{"want":NAME}` on their standard output, and
 * who started them answers `{"token":NAME,"value":…}` or `{"token":NAME,"problem":…}` on their standard input.
 */
const request = v.strictObject({ want: v.string() });
const reply = v.union([
  v.strictObject({ token: v.string(), value: v.string() }),
  v.strictObject({ token: v.string(), problem: v.string() }),
]);

/** A request as a line, without its end. */
export function formatTokenRequest(tokenRef: string): string {
  return JSON.stringify({ want: tokenRef });
}

/** The reply to a line of the sidecars', without its end; undefined for a line that asks for nothing. Never rejects. */
export async function answerTokenRequest(line: string, tokens: RenewableTokens): Promise<string | undefined> {
  const asked = readLine(line, request);
  if (asked === undefined) return undefined;
  const { want: token } = asked;
  const reading = tokens.refs.includes(token) ? await tokens.read(token).catch((): TokenReading => unreadable) : { problem: "it is not one that is read again" };
  return JSON.stringify("value" in reading ? { token, value: reading.value.reveal() } : { token, problem: reading.problem });
}

const unreadable: TokenReading = { problem: "it cannot be read" };

/** A reply, read; undefined for a line that is none. */
export function parseTokenReply(line: string): { readonly tokenRef: string; readonly reading: TokenReading } | undefined {
  const read = readLine(line, reply);
  return read && { tokenRef: read.token, reading: "value" in read ? { value: secretValue(read.value) } : { problem: read.problem } };
}
