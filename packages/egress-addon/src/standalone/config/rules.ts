import { type Fault, quote } from "@bottle/standalone";
import { isRange } from "@bottle/way-out";
import { parseAuthority } from "../../policy/authority.ts";
import { canonicalHost, isAddress } from "../../policy/host.ts";

/** Text that is there. */
export function filledFault(text: string): Fault | undefined {
  return text.trim() === "" ? { code: "value-empty", message: "The text is empty." } : undefined;
}

/** A path of a file or folder. */
export function pathFault(text: string): Fault | undefined {
  if (text.startsWith("~")) return { code: "path-invalid", message: `${quote(text)} starts with ~, which only a shell reads.`, mend: "Write the path out, or relative to this file." };
  return text.trim() === "" || text.includes("\0") ? { code: "path-invalid", message: `${quote(text)} is not a path.` } : undefined;
}

/** A name in `tokens`, and of an environment variable (POSIX, 8.1). What is there may be a secret, so it is not shown. */
export function variableFault(text: string): Fault | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text)) return undefined;
  return { code: "name-invalid", message: "A name is letters, digits and _, not a digit first.", mend: "For example: API_TOKEN. A value does not belong in this file." };
}

/** An HTTP method in capitals. */
export function methodFault(text: string): Fault | undefined {
  if (/^[A-Z-]+$/.test(text)) return undefined;
  const upper = text.trim().toUpperCase();
  return { code: "method-invalid", message: `${quote(text)} is not a method in capitals.`, mend: /^[A-Z-]+$/.test(upper) ? upper : text === "*" ? "Leave methods out to allow every one." : "For example: GET" };
}

/** The host of a route: a name, `*.` and a name, or an IP address. */
export function routeHostFault(text: string): Fault | undefined {
  if (text === "*") return undefined;
  if (!text.startsWith("*.")) return hostFault(text);
  const fault = hostFault(text.slice(2));
  return fault && { ...fault, message: fault.message.replace(quote(text.slice(2)), quote(text)) };
}

/** One host, nothing around it, in the spelling that requests are compared in. */
export function hostFault(text: string): Fault | undefined {
  const canonical = canonicalHost(text);
  if (canonical === text) return undefined;
  if (canonical !== undefined) return { code: "host-invalid", message: `${quote(text)} is not in its plain form.`, mend: `host: ${yamlText(canonical)}` };
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const inner = canonicalHost(url?.hostname ?? "");
  if (inner === undefined) return { code: "host-invalid", message: `${quote(text)} is not a host.`, mend: "For example: host: api.example.com" };
  if (/[^\0-\x7f]/.test(text)) return { code: "host-not-ascii", message: `${quote(text)} has characters beyond ASCII; another host can look just like it.`, mend: `If it is the one you mean: host: ${inner}` };
  const ports = url?.port ? `\nports: [${url.port}]` : "";
  const paths = url === null || url.pathname === "/" ? "" : `\npaths: [${JSON.stringify(url.pathname)}]`;
  return { code: "host-invalid", message: `${quote(text)} is not a host alone: scheme, port and path have their own keys, or none.`, mend: `host: ${yamlText(inner)}${ports}${paths}` };
}

/** `address` or `address:port`; an IPv6 address in brackets if a port follows. */
export function fixedHostFault(text: string): Fault | undefined {
  const bare = text.includes("::") && !text.startsWith("[") ? `[${text}]` : text;
  const to = parseAuthority(bare, 1);
  if (to !== undefined && isAddress(to.host)) return undefined;
  return { code: "address-invalid", message: `${quote(text)} is not an address.`, mend: "For example: 10.0.0.5, 10.0.0.5:8443 or \"[fd00::5]:8443\"" };
}

/** A network, for example `10.0.0.0/8`. */
export function rangeFault(text: string): Fault | undefined {
  return isRange(text) ? undefined : { code: "cidr-invalid", message: `${quote(text)} is not a network.`, mend: "For example: 192.168.1.0/24 or \"fd00::/8\"" };
}

function yamlText(text: string): string {
  return /^[a-z0-9]/.test(text) && !text.includes(":") ? text : JSON.stringify(text);
}
