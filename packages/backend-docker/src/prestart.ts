import { prestartCompose, type WaitingCompose } from "./compose/prestart.ts";
import type { PrestartedNetworks } from "./network/prestart-networks.ts";

/** What of one bottle's launch has begun before its manifests are read. Disposing undoes what no launch has taken. */
export interface PrestartedDocker extends AsyncDisposable {
  readonly identity: string;
  readonly compose: WaitingCompose;
  readonly networks: Promise<PrestartedNetworks>;
}

/**
 * Starts the compose of a bottle that is sure to be launched, and makes its networks. Undefined where compose cannot be started ahead.
 * @param options.env the operator's environment: it names the engine
 * @param options.home the BOTTLE_HOME
 */
export async function prestartDocker(options: { readonly env: Readonly<Record<string, string | undefined>>; readonly home: string; readonly identity: string }): Promise<PrestartedDocker | undefined> {
  // Loaded while compose is looked for and loads itself.
  const loading = import("./network/prestart-networks.ts");
  const compose = await prestartCompose(options);
  if (!compose) return undefined;
  const networks = loading.then(({ prestartNetworks }) => prestartNetworks(options));
  return {
    identity: options.identity, compose, networks,
    [Symbol.asyncDispose]: async () => {
      compose[Symbol.dispose]();
      await (await networks)[Symbol.asyncDispose]();
    },
  };
}
