import { describeBackend } from "@bottle/backend-conformance";
import { BubblewrapBackend } from "./backend.ts";

describeBackend({
  name: "bubblewrap",
  makeBackend: (context) => new BubblewrapBackend(context),
  killSidecars: async ({ resources }) => void process.kill(Number(resources["sidecarsPid"]), "SIGKILL"),
});
