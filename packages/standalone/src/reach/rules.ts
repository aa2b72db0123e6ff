import { canonicalHost, isAddress, isRange, parseAuthority } from "@bottle/way-out";
import type { Fault } from "../config/fault.ts";
import { quote } from "../visible.ts";

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
