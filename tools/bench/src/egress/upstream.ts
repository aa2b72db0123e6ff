import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createIssuer, mintAuthority } from "@bottle/egress-addon";
import { freePort, startProgram } from "./program.ts";

/** nginx on the load's core, with TLS. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** PEM of the CA it is signed by. */
  readonly ca: string;
}

export const largeBytes = 10 * 1000 * 1000;
const paddingBytes = 1000;

/**
 * `/1k/ID` answers 1 KB that starts with its path, `/10m/ID` 10 MB with its path in `x-id`, `/login` whether the credential
 * came, `/events/…` what the server of events says.
 */
export async function startUpstream(folder: string, options: { readonly eventsPort: number; readonly token: string }): Promise<Upstream> {
  const authority = mintAuthority({ commonName: "bench upstream" });
  const issue = createIssuer(authority);
  const port = await freePort();
  // mockttp dials the address and sends no server name.
  for (const [file, host] of [["named", "*.bench.test"], ["bare", "127.0.0.1"]] as const) {
    const leaf = issue(host);
    await writeFile(join(folder, `${file}.crt`), leaf.certificate);
    await writeFile(join(folder, `${file}.key`), leaf.key, { mode: 0o600 });
  }
  await writeFile(join(folder, "10m"), Buffer.alloc(largeBytes, "0123456789abcdef\n"));
  await writeFile(join(folder, "nginx.conf"), configuration({ folder, port, ...options }));
  const program = startProgram(["nginx", "-c", join(folder, "nginx.conf"), "-p", folder, "-e", "stderr"], { isProxy: false });
  return { port, ca: authority.certificate, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

function configuration(options: { readonly folder: string; readonly port: number; readonly eventsPort: number; readonly token: string }): string {
  const { folder, port, eventsPort, token } = options;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  const server = (file: string, names: string, flag: string): string => `
  server {
    listen 127.0.0.1:${port} ssl ${flag};
    server_name ${names};
    ssl_certificate ${folder}/${file}.crt;
    ssl_certificate_key ${folder}/${file}.key;
    location /1k/ { return 200 "$uri ${"x".repeat(paddingBytes)}\\n"; }
    location /10m/ { rewrite ^ /10m break; root ${folder}; add_header x-id $request_uri; }
    location /login { return 200 "$login\\n"; }
    location /events/ { proxy_pass http://127.0.0.1:${eventsPort}; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 600s; }
  }`;
  return `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off; default_type text/plain; ${temporary}
  keepalive_timeout 600s; keepalive_requests 1000000000; ssl_protocols TLSv1.2 TLSv1.3;
  map_hash_bucket_size 256;
  map $http_authorization $login { default missing; "Bearer ${token}" there; }
${server("bare", "127.0.0.1", "default_server")}${server("named", "*.bench.test", "")}
}
`;
}
