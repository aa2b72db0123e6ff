import { quote } from "../text/visible.ts";
import { canonicalAddress } from "./address.ts";
import type { Fault } from "./fault.ts";

const ownNames: ReadonlySet<string> = new Set(["_egress.local"]);

/** The host of a route: a lower-case name, `*.` and a name, an IP address in canonical form; or `*`, which is judged with what stands beside it. */
export function routeHostFault(text: string): Fault | undefined {
  if (!text.startsWith("*")) return hostFault(text);
  if (text === "*") return undefined;
  if (!text.startsWith("*.")) return starFault(text);
  const domain = text.slice(2);
  const fault = hostFault(domain);
  if (fault) return starFault(text, fault);
  if (canonicalAddress(domain) !== undefined) return invalid(`${quote(text)}: an address has no subdomains.`, `host: ${hostYaml(domain)}`);
  if (domain.includes(".")) return undefined;
  return invalid(`${quote(text)} would open every domain under .${domain}.`, `Name the domain, for example: host: "*.example.${domain}"`, "host-too-wide");
}

/** One host: a lower-case name or an IP address in canonical form, nothing around it. */
export function hostFault(text: string): Fault | undefined {
  return dressedFault(text) ?? nakedFault(text);
}

function nakedFault(text: string): Fault | undefined {
  return addressFault(text) ?? spellingFault(text) ?? labelFault(text);
}

/** A host as it is written in YAML. */
function hostYaml(host: string): string {
  return /^[a-z0-9]/.test(host) && !host.includes(":") ? host : `"${host}"`;
}

// Scheme, user, port, path around the host.
function dressedFault(text: string): Fault | undefined {
  if (/^\[[^\]]*\]$/.test(text) || !/[:/?#@\\\s]/.test(text) || canonicalAddress(text) !== undefined) return undefined;
  const mend = undressed(text);
  return invalid(`${quote(text)} is more than a host: scheme, port and path have their own keys, or none.`, mend ?? "host: example.com");
}

function undressed(text: string): string | undefined {
  const trimmed = text.trim().slice(0, 2048);
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed.replace(/^[a-z][a-z0-9+.-]*:/i, "https:") : `https://${trimmed}`);
  if (!url || url.hostname === "") return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (nakedFault(host.replace(/^\*\./, ""))) return undefined;
  const ports = url.port === "" ? "" : `\nports: [${url.port}]`;
  const paths = url.pathname === "/" ? "" : `\npaths: [${JSON.stringify(url.pathname.endsWith("/") ? `${url.pathname}**` : url.pathname)}]`;
  return `host: ${hostYaml(host)}${ports}${paths}`;
}

function addressFault(text: string): Fault | undefined {
  const bare = text.replace(/^\[([^\]]*)\]$/, "$1");
  const canonical = canonicalAddress(bare);
  if (canonical !== undefined && canonical === text) return undefined;
  if (canonical !== undefined) return invalid(`${quote(text)} is an address, but not in canonical form.`, `If it is the one you mean: host: ${hostYaml(canonical)}`);
  // A last label that is a number makes an IPv4 address of it for URL parsers, whatever the rest is.
  if (/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i.test(text)) return invalid(`${quote(text)} looks like an address and is none.`, "host: 192.0.2.1");
  return undefined;
}

function spellingFault(text: string): Fault | undefined {
  if (canonicalAddress(text) !== undefined) return undefined;
  if (text.startsWith(".")) return invalid(`${quote(text)} starts with a dot.`, `For subdomains: host: "*${text}"`);
  if (text.endsWith(".")) return invalid(`${quote(text)} ends with a dot.`, `host: ${text.slice(0, 253).replace(/\.+$/, "")}`);
  if (/[^\0-\x7f]/.test(text)) {
    const ascii = text.length <= 253 ? URL.parse(`http://${text}/`)?.hostname : undefined;
    return invalid(`${quote(text)} has characters beyond ASCII; another host can look just like it.`,
      ascii ? `If it is the one you mean: host: ${ascii}` : "Write it in its xn-- form.", "host-not-ascii");
  }
  if (/[A-Z]/.test(text)) return invalid(`${quote(text)} has capital letters.`, `host: ${text.toLowerCase().slice(0, 253)}`);
  return undefined;
}

function labelFault(text: string): Fault | undefined {
  if (canonicalAddress(text) !== undefined) return undefined;
  const labels = text.split(".");
  const isName = text.length <= 253 && labels.every((label) => label.length <= 63 && /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label));
  if (!isName) return invalid(`${quote(text)} is not a host name.`, "A host is labels of a-z, 0-9 and - with dots between, for example api.example.com.");
  if (ownNames.has(text)) return invalid(`${text} is bottle's own name inside; it needs no route.`, "Remove the route.", "host-reserved");
  return undefined;
}

/** A route for all hosts, where that was not asked for. */
export function everyHostFault(text = "*"): Fault {
  return invalid(`${quote(text)} would open every host there is.`,
    "Name the hosts one by one, or the subdomains of one domain as \"*.example.com\".", "host-too-wide");
}

function starFault(text: string, inner?: Fault): Fault {
  if (/^\*+(?:\.\*+)*\.?$/.test(text)) return everyHostFault(text);
  const domain = text.replace(/^\*+\.?/, "");
  const mend = inner === undefined && domain !== "" && !hostFault(domain) ? `host: "*.${domain}"` : inner?.mend?.replace("host: ", "host: *.");
  return invalid(`${quote(text)} is not a wildcard: "*." stands once, in front of a whole domain.`,
    mend?.replace(/host: \*\.("?)([^"\n]+)\1/, "host: \"*.$2\"") ?? "For example: host: \"*.example.com\"");
}

function invalid(message: string, mend: string, code = "host-invalid"): Fault {
  return { code, message, mend };
}
