import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

const form = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

// What bottle sets inside, on every backend: a manifest's value would be lost, or would lead round the egress or its certificates.
const ofBottle: ReadonlySet<string> = new Set([
  "HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "LANG",
  "NODE_USE_ENV_PROXY", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
  "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "AWS_CA_BUNDLE", "UV_NATIVE_TLS",
  "CODEX_CA_CERTIFICATE", "JAVA_TOOL_OPTIONS",
]);

// What runs before the program does: the dynamic linker's and the shells' start-up variables would run inside bottle's own checks.
const beforeStart: ReadonlySet<string> = new Set(["BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "IFS", "GLIBC_TUNABLES", "GCONV_PATH"]);

/** A variable that a manifest may set inside. */
export function setNameFault(name: string): Fault | undefined {
  const fault = readNameFault(name);
  if (fault) return fault;
  const why = whyReserved(name);
  return why === undefined ? undefined : {
    code: "env-name-reserved",
    message: `${name} cannot be set by a manifest: ${why}.`,
    mend: "Remove the line.",
  };
}

/** A variable of the operator's environment that a manifest may name. */
export function readNameFault(name: string): Fault | undefined {
  if (form.test(name)) return undefined;
  const proposal = name.slice(0, 128).replace(/[^A-Za-z0-9_]+/g, "_").replace(/^([0-9])/, "_$1");
  return {
    code: "env-name-invalid",
    message: `${quote(name)} cannot be a variable's name: use letters, digits and _, not starting with a digit.`,
    ...(/[A-Za-z0-9]/.test(proposal) && { mend: `For example: ${proposal}` }),
  };
}

function whyReserved(name: string): string | undefined {
  if (/^BOTTLE_/.test(name)) return "names that begin with BOTTLE_ are bottle's own";
  if (/_PROXY$/i.test(name)) return "bottle sets the proxy variables to the egress";
  return actsBeforeStart(name) ?? (ofBottle.has(name) ? "bottle sets it inside" : undefined);
}

/** Why a variable, once it is set inside, acts before bottle's own checks and its filter are in force; undefined if it does not. */
export function actsBeforeStart(name: string): string | undefined {
  if (/^BASH_FUNC/.test(name) || beforeStart.has(name)) return "it acts on a shell before bottle's own checks have run";
  if (/^LD_/.test(name)) return "it acts on the dynamic linker before bottle's own checks have run";
  // PERL5OPT, PERL5LIB, PERLLIB: modules of the workspace would run in perl's place, and the self-check is written in it.
  if (/^PERL/.test(name)) return "it acts on perl, in which bottle's own checks are written, before they have run";
  return undefined;
}
