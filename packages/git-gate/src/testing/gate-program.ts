import { startGitGate } from "../start.ts";
import type { GateRepository } from "../options.ts";

/** A gate as a program of its own, to be killed. Its argument: directory, repository and port as JSON; says its port. */
const [, , text = ""] = process.argv;
const { directory, repository, port } = JSON.parse(text) as { readonly directory: string; readonly repository: GateRepository; readonly port: number };
const gate = await startGitGate({ listen: { host: "127.0.0.1", port }, directory, repositories: [repository] });
process.stdout.write(`${"port" in gate.address ? gate.address.port : 0}\n`);
