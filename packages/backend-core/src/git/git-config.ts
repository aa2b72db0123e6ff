import { rewriteOf } from "@bottle/manifest/upstream";
import { endpoints } from "../inside-env.ts";

/** What a bottle's git is told. */
export interface GitConfigOptions {
  readonly upstreams: readonly { readonly upstream: string }[];
  /** Whom commits are by; absent: git asks, as it does anywhere. */
  readonly identity?: { readonly name: string; readonly email: string };
}

const header = "# Written by bottle at every launch: what the bottle's manifest declares under git goes through the git gate.";
const gate = `http://${endpoints["git-gate"].host}:${endpoints["git-gate"].port}`;
/** No repository's name or host begins so: the gate answers with those it has, and how another is declared. */
const undeclared = `${gate}/-/`;

/**
 * The text of `~/.gitconfig` inside: every spelling of a declared upstream leads to the gate, and so does what else would go over
 * SSH, which has no way out but would fail without a word of why. git takes the longest `insteadOf` that begins a URL
 * (git-config), so that a declared upstream wins. No helper is asked for a credential. Pure.
 */
export function gitConfigText({ upstreams, identity }: GitConfigOptions): string {
  const rewrites = upstreams.flatMap(({ upstream }) => rewriteOf(upstream) ?? []).map(({ path, prefixes }) => rewrite(`${gate}/${path}`, prefixes));
  return [
    header,
    ...(identity === undefined ? [] : [section("user", [["name", identity.name], ["email", identity.email]])]),
    section("credential", [["helper", ""]]),
    ...rewrites,
    ...(upstreams.length === 0 ? [] : [rewrite(undeclared, ["ssh://", "git+ssh://", "ssh+git://", "git@"])]),
    "",
  ].join("\n");
}

function rewrite(to: string, spellings: readonly string[]): string {
  return section(`url ${quoted(to)}`, spellings.map((spelling) => ["insteadOf", spelling]));
}

function section(name: string, entries: readonly (readonly [key: string, value: string])[]): string {
  return [`[${name}]`, ...entries.map(([key, value]) => `\t${key} = ${quoted(value)}`)].join("\n");
}

// git-config(1): in double quotes, with backslash and quote escaped. A line break would end the value and begin another key.
function quoted(text: string): string {
  return `"${text.replace(/[\0-\x1f\x7f]/g, "").replace(/[\\"]/g, "\\$&")}"`;
}
