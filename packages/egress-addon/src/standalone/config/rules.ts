import { type Fault, hostFault, quote } from "@bottle/standalone";

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
