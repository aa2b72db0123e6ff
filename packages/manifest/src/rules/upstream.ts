import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";
import { hostFault } from "./host.ts";

const scpLike = /^(?:([A-Za-z0-9_][A-Za-z0-9._-]{0,63})@)?([^:/@\s]+):([^\s:][^\s]*)$/;
const path = /^\/?[A-Za-z0-9_~.+%@:,-][A-Za-z0-9_~.+%@:,/-]*$/;

/** Whether an upstream is reached over SSH. */
export function isSshUpstream(text: string): boolean {
  return text.startsWith("ssh://") || !text.includes("://");
}

/**
 * A git upstream: `ssh://[user@]host[:port]/path`, `[user@]host:path` or `https://host[:port]/path`. Nothing that git would
 * take for an option, a local path or a helper (`ext::`), and no password.
 */
export function upstreamFault(text: string): Fault | undefined {
  if (text.length > 1024 || /[^!-~]/.test(text)) return invalid(`${quote(text)} is not the address of a git upstream.`);
  if (text.startsWith("-")) return invalid(`${quote(text)} would be an option to git.`);
  if (/^[a-z0-9+.-]+::/i.test(text)) return invalid(`${quote(text)} would run a git remote helper.`);
  return text.includes("://") ? urlFault(text) : scpFault(text);
}

function urlFault(text: string): Fault | undefined {
  const url = URL.parse(text);
  if (!/^(?:ssh|https):\/\//.test(text)) return schemeFault(text);
  const port = /^[^/]*:\/\/[^/]*:([0-9]+)(?=\/|$)/.exec(text)?.[1];
  if (port !== undefined && !isPort(port)) return portFault(text, port);
  if (!url) return invalid(`${quote(text)} is not the address of a git upstream.`);
  if (url.password !== "") return invalid(`The upstream on ${url.hostname} holds a password. Nothing in a manifest is secret.`, withoutUser(text), "upstream-password");
  if (url.protocol === "https:" && url.username !== "") return invalid(`The upstream on ${url.hostname} holds a user or token.`, withoutUser(text), "upstream-password");
  if (!/^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,63})?$/.test(url.username)) return invalid(`${quote(text)} has a user that cannot be one.`);
  const host = authorityHost(text);
  const fault = hostFault(host);
  if (fault) return invalid(`${quote(text)} has a host that cannot be one. ${fault.message}`);
  if (url.search !== "" || url.hash !== "" || text.includes("?") || text.includes("#")) return invalid(`${quote(text)} has a query or a fragment.`, text.replace(/[?#].*$/, ""));
  return pathFault(text, text.slice(text.indexOf("/", text.indexOf("://") + 3)));
}

function scpFault(text: string): Fault | undefined {
  const [, , host = "", repository = ""] = scpLike.exec(text) ?? [];
  if (host === "" || host.startsWith("-") || hostFault(host)) return invalid(`${quote(text)} is not the address of a git upstream.`);
  return pathFault(text, repository);
}

function pathFault(text: string, repository: string): Fault | undefined {
  const parts = repository.replace(/^\//, "").replace(/\/$/, "").split("/");
  const isPath = path.test(repository) && parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.startsWith("-"));
  return isPath ? undefined : invalid(`${quote(text)} has a path that cannot be a repository's.`);
}

function isPort(digits: string): boolean {
  return Number(digits) >= 1 && Number(digits) <= 65_535;
}

function portFault(text: string, port: string): Fault {
  const mend = text.replace(new RegExp(`:${port}(?=/|$)`), "");
  return invalid(`The upstream has the port ${quote(port)}; there are 1 to 65535.`, upstreamFault(mend) ? examples : mend);
}

function schemeFault(text: string): Fault {
  const [scheme = "", rest = ""] = text.split(/:\/\/(.*)/s);
  const mend = /^(?:http|git)$/i.test(scheme) ? `https://${rest}` : /^(?:git\+ssh|ssh\+git|SSH)$/i.test(scheme) ? `ssh://${rest}` : undefined;
  return invalid(`${quote(text)} is neither ssh:// nor https://; the gate forwards over no other.`, mend && !upstreamFault(mend) ? mend : undefined);
}

// As written: URL parsers drop what makes a host non-canonical.
function authorityHost(text: string): string {
  const authority = text.slice(text.indexOf("://") + 3).split("/", 1)[0] ?? "";
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:[0-9]{1,5}$/, "");
}

function withoutUser(text: string): string {
  const proposal = text.replace(/^(ssh|https):\/\/[^/]*@/, (_, scheme: string) => `${scheme}://${scheme === "ssh" ? "git@" : ""}`);
  return proposal === text || upstreamFault(proposal) ? examples : proposal;
}

const examples = "For example: ssh://git@git.example.com:22/acme/app.git, git@git.example.com:acme/app.git or https://git.example.com/acme/app.git";

function invalid(message: string, mend = examples, code = "upstream-invalid"): Fault {
  return { code, message, mend };
}
