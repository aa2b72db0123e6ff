import { readFileSync } from "node:fs";
import { type Dispatcher, EnvHttpProxyAgent, fetch, ProxyAgent } from "undici";

/**
 * Asks through the proxy of its environment, from a process of its own: `node undici-client.ts AGENT HOST`, AGENT one of `ProxyAgent`, `ProxyAgent-h2`,
 * `EnvHttpProxyAgent`. Says what came of one request, of one that no route allows, and of twenty at once.
 */
const [agent = "", host = ""] = process.argv.slice(2);
const requestTls = { ca: readFileSync(process.env["CURL_CA_BUNDLE"] ?? "") };
const uri = process.env["https_proxy"] ?? "";
const agents: Readonly<Record<string, () => Dispatcher>> = {
  "ProxyAgent": () => new ProxyAgent({ uri, requestTls }),
  "ProxyAgent-h2": () => new ProxyAgent({ uri, requestTls, allowH2: true }),
  "EnvHttpProxyAgent": () => new EnvHttpProxyAgent({ requestTls }),
};
const dispatcher = agents[agent]?.();
if (dispatcher === undefined) throw new Error(`There is no agent ${agent}.`);
const ask = (url: string): Promise<string> => fetch(url, { method: "POST", body: "x", dispatcher }).then((answer) => answer.text(), () => "refused");
const [first, other] = [await ask(`https://${host}/0`), await ask("https://evil.test/")];
const several = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(`https://${host}/${index}`)));
process.stdout.write(`${first} ${other}\n${several.join()}\n`);
await dispatcher.close();
