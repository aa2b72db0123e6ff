import { createScanner, type Finding, type KnownSecret } from "@bottle/secret-scan";

const mostRemembered = 1024;

/** Answers what was found in a host name. */
export type HostScan = (host: string) => readonly Finding[];

/** Looks for known values in a host name, which has no case and may be cut into labels anywhere (RFC 1035 2.3). */
export function createHostScan({ known, canaries }: {
  readonly known: readonly KnownSecret[];
  readonly canaries: readonly KnownSecret[];
}): HostScan {
  const folded = (secrets: readonly KnownSecret[]): KnownSecret[] => secrets.map(({ name, value }) => ({ name, value: value.toLowerCase().replaceAll(".", "") }));
  const inCase = createScanner({ known, canaries, patterns: [] });
  const withoutCase = createScanner({ known: folded(known), canaries: folded(canaries), patterns: [] });
  const clean = new Set<string>();
  return (host) => {
    if (clean.has(host)) return [];
    const joined = host.replaceAll(".", "");
    const findings = [...withoutCase.text(joined, "host"), ...inCase.text(joined, "host")];
    if (findings.length > 0) return findings;
    if (clean.size >= mostRemembered) clean.clear();
    clean.add(host);
    return findings;
  };
}
