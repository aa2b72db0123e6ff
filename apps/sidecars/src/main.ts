#!/usr/bin/env node
const [, , role, path = ""] = process.argv;
// Each role loads its own part alone.
if (role === "pipelock") await (await import("./serve-beside.ts")).serveBeside(path);
else if (role === "control") await (await import("./control/relay.ts")).relayControl(path);
else await (await import("./serve.ts")).serve();
