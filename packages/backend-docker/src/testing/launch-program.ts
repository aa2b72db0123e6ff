import { openStateStore } from "@bottle/backend-core";
import { createTestBackend } from "./backend.ts";
import { plainSpec } from "./plain-spec.ts";

// Launches a bottle as a CLI would, says so, and stays its keeper until it is killed, or told to end it.
const [home = "", identity = "", source = "", mount = "", resume = ""] = process.argv.slice(2);
const backend = createTestBackend(openStateStore(home), process.env);
const prepared = await backend.prepare(plainSpec({ identity, workspace: { mode: "copy", source }, mounts: [{ source: mount, target: "/opt/bottle/tool" }], resume: resume === "resume" }));
process.stdout.write("prepared\n");
const bottle = await prepared.launch();
await bottle.exec("echo work >> main.txt; echo work >> ~/work");
const staying = setInterval(() => undefined, 60_000);
process.once("SIGTERM", () => void bottle[Symbol.asyncDispose]().then(() => clearInterval(staying)));
process.stdout.write("up\n");
