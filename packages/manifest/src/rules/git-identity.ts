import { quote, visible } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

/** A name for `user.name`: git drops what is around it of `.,:;<>"\'` and refuses what is then empty (ident.c). */
export function gitNameFault(text: string): Fault | undefined {
  const isName = text.length <= 200 && visible(text) === text && text.trim() === text && !/[<>]/.test(text) && /[^.,:;"\\'\s]/.test(text);
  return isName ? undefined : { code: "git-identity-invalid", message: `${quote(text)} cannot be the name that commits are made under.`, mend: "For example: name: An Agent" };
}

/** An address for `user.email`. */
export function gitEmailFault(text: string): Fault | undefined {
  if (text.length <= 254 && /^[!-;=?A-~]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)) return undefined;
  const inner = /<([^<>]+)>/.exec(text)?.[1];
  return {
    code: "git-identity-invalid", message: `${quote(text)} cannot be the e-mail address that commits are made under.`,
    mend: inner !== undefined && gitEmailFault(inner) === undefined ? `email: ${inner}` : "For example: email: agent@example.com",
  };
}
