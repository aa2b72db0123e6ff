import { endpoints } from "../inside-env.ts";

/** What a bottle's git is told. */
export interface GitConfigOptions {
  readonly upstreams: readonly { readonly name: string; readonly upstream: string }[];
  readonly identity?: { readonly name: string; readonly email: string };
}

const header = "# Written by bottle at every launch: what is declared in the bottle's manifest goes through the git gate.";

/** The text of `~/.gitconfig` inside: declared upstreams lead to the gate, no helper is asked for a credential. Pure. */
export function gitConfigText({ upstreams, identity }: GitConfigOptions): string {
  const gates = upstreams.map(({ name, upstream }) => {
    const stem = upstream.replace(/\/+$/, "").replace(/\.git$/, "");
    return section(`url ${quoted(`${gateUrl}/${name}.git`)}`, [`${stem}.git`, stem].map((spelling) => ["insteadOf", spelling]));
  });
  const user = identity === undefined ? [] : [section("user", [["name", identity.name], ["email", identity.email]])];
  return [header, ...user, section("credential", [["helper", ""]]), ...gates, ""].join("\n");
}

const gateUrl = `http://${endpoints["git-gate"].host}:${endpoints["git-gate"].port}`;

function section(name: string, entries: readonly (readonly [string, string] | readonly string[])[]): string {
  return [`[${name}]`, ...entries.map(([key = "", value = ""]) => `\t${key} = ${quoted(value)}`)].join("\n");
}

// git-config(1): in double quotes, with backslash and quote escaped.
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
