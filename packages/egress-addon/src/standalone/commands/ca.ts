import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { exitStatus, jsonLine, type World } from "@bottle/standalone";
import { openAuthority } from "../../authority/store.ts";
import { readConfig } from "../config/read-config.ts";
import { fingerprintOf } from "./authority-state.ts";

/** Makes the CA if there is none, and says how to trust it. @returns the exit status */
export async function ca(world: World, options: { readonly config: string; readonly pem: boolean; readonly json: boolean }): Promise<number> {
  const config = await readConfig(options.config, world.cwd);
  const { certificate, commonName, notAfter } = await openAuthority(config.caDirectory, config.caName ?? `bottle egress ${randomBytes(4).toString("hex")}`);
  const file = join(config.caDirectory, "ca.pem");
  const fingerprint = fingerprintOf(certificate);
  if (options.pem) world.out(certificate.trimEnd());
  else if (options.json) world.out(jsonLine({ file, commonName, fingerprint, notAfter: notAfter.toISOString() }));
  else world.out(`${file}\n  name      ${commonName}\n  until     ${notAfter.toISOString().slice(0, 10)}\n  SHA-256   ${fingerprint}\n\n${howToTrust(file)}`);
  return exitStatus.ok;
}

function howToTrust(file: string): string {
  const path = /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  return `To trust it in one program:
  curl      curl --cacert ${path} …          or CURL_CA_BUNDLE=${path}
  Node      NODE_EXTRA_CA_CERTS=${path}      (and NODE_USE_ENV_PROXY=1, for its fetch to use the proxy)
  Python    SSL_CERT_FILE=${path}            requests: REQUESTS_CA_BUNDLE=${path}
  git       git config --global http.sslCAInfo ${path}
To trust it everywhere on this machine, only if every program here goes through this proxy:
  Debian    sudo install -m 644 ${path} /usr/local/share/ca-certificates/egress-addon.crt && sudo update-ca-certificates
  Fedora    sudo trust anchor ${path}
Other users cannot read the file; hand it out with: egress-addon ca --pem`;
}
