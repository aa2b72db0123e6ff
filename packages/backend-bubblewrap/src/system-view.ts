import { lstat, readlink } from "node:fs/promises";
import type { Mount } from "./argv.ts";

const roots = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

// By name, never the whole of /etc: it holds shadow, keys and tokens, which root's own bottles could read.
const etc = [
  "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "debian_version", "fonts", "java-11-openjdk",
  "java-17-openjdk", "java-21-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "lsb-release", "magic",
  "mime.types", "os-release", "perl", "pki/ca-trust", "pki/tls/certs", "protocols", "python3", "python3.11", "python3.12",
  "python3.13", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
];

/** The system's folders as the agent sees them: /usr read-only, /etc chosen file by file, our own accounts and names. */
export async function readSystemView(ownEtc: string): Promise<readonly Mount[]> {
  return [
    { kind: "ro-bind", source: "/usr", target: "/usr" },
    ...(await Promise.all(roots.map(rootMount))).flat(),
    { kind: "tmpfs", target: "/etc" },
    ...etc.map((name) => ({ kind: "ro-bind-try", source: `/etc/${name}`, target: `/etc/${name}` }) as const),
    ...Object.keys(ownEtcFiles).map((name) => ({ kind: "ro-bind", source: `${ownEtc}/${name}`, target: `/etc/${name}` }) as const),
    { kind: "dir", target: "/var" },
  ];
}

// On a merged-/usr system these are links into /usr; elsewhere folders of their own.
async function rootMount(path: string): Promise<readonly Mount[]> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat?.isSymbolicLink()) return [{ kind: "symlink", source: await readlink(path), target: path }];
  return stat?.isDirectory() ? [{ kind: "ro-bind", source: path, target: path }] : [];
}

/** The bottle's own files of /etc. The sidecars' names lead to the relay; no name server exists. */
export const ownEtcFiles: Readonly<Record<string, string>> = {
  passwd: "root:x:0:0:root:/root:/usr/sbin/nologin\nnode:x:1000:1000:node:/home/node:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
  group: "root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost bottle egress git-gate supervise\n::1 localhost\n",
  hostname: "bottle\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
  "resolv.conf": "# No name server: names leave only through the egress proxy.\n",
};
