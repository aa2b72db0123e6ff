import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

/** What a site answers: a place to go on to, or a file; `undefined`: 404. */
export type Answer = { readonly location: string } | { readonly body: Buffer; readonly type?: string } | undefined;

/** A real HTTPS server on loopback. */
export interface Site extends AsyncDisposable {
  readonly port: number;
  /** What was asked of it, in order. */
  readonly asked: readonly string[];
}

/** Makes the key and the certificate of a name in a folder. @returns the certificate's file */
export async function makeCertificate(folder: string, name: string): Promise<string> {
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`,
    "-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")]);
  return join(folder, "cert.pem");
}

/** Starts it with what `makeCertificate` made in a folder. */
export async function startSite(folder: string, answer: (url: string) => Answer | Promise<Answer>): Promise<Site> {
  const asked: string[] = [];
  const [key, cert] = await Promise.all(["key.pem", "cert.pem"].map((name) => readFile(join(folder, name))));
  const server: Server = createServer({ key, cert }, ({ url = "" }, response) => {
    asked.push(url);
    void Promise.resolve(answer(url)).then((given) => {
      if (given === undefined) response.writeHead(404).end();
      else if ("location" in given) response.writeHead(302, { location: given.location }).end();
      else response.writeHead(200, { "content-type": given.type ?? "text/plain" }).end(given.body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
