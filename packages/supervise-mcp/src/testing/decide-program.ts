import { openQueueRig } from "./queue-rig.ts";
import { askFor } from "./world.ts";

/** Asks and decides once in a queue, as a program of its own; says which codes that ended with. */
const [, , directory = "", proposal = "", hash = ""] = process.argv;
const rig = await openQueueRig(directory);
const codeOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => "done", (error: { readonly code?: unknown }) => error.code);
const propose = await codeOf(rig.queue.propose(askFor("b.test"), "I need it."));
const approve = await codeOf(rig.decisions.approve({ proposal, hash, by: "me" }));
process.stdout.write(JSON.stringify({ propose, approve, events: rig.events.length }));
await rig[Symbol.asyncDispose]();
