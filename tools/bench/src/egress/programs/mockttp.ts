import { generateCACertificate, getLocal } from "mockttp";
import { readConfig, sayReady } from "./ready.ts";

const { upstreamPort, upstreamCa, token } = readConfig();
const https = await generateCACertificate();
const server = getLocal({ https, http2: false, recordTraffic: false });
await server.forAnyRequest().thenPassThrough({
  additionalTrustedCAs: [{ cert: upstreamCa }],
  transformRequest: { replaceHost: { targetHost: `127.0.0.1:${upstreamPort}`, updateHostHeader: false }, updateHeaders: { authorization: `Bearer ${token}` } },
});
await server.start();
sayReady({ port: server.port, ca: https.cert });
