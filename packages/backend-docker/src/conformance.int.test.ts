import { describeBackend } from "@bottle/backend-conformance";
import { DockerBackend } from "./backend.ts";
import { namesOf } from "./names.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";

// The sidecars' container reaches this host, and so the fixture internet, at the gateway of the engine's default bridge.
const gateway = (await testDocker().must(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"], "There is no default bridge")).trim();

describeBackend({
  name: "docker",
  makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }),
  killSidecars: async ({ resources }) => void await testDocker().must(["kill", namesOf(String(resources["project"])).sidecars], "The sidecars could not be killed"),
  traits: { internetAddress: gateway, binds: false, hasHostSidecars: false, sharesDisk: false },
});
