import { openQueueRig, proposed } from "./queue-rig.ts";
import { askFor } from "./world.ts";

/**
 * Asks and decides without end, as a program of its own, to be killed. Says `id state` once a step was answered for.
 * Arguments: the queue's directory, and the recorded state at which it kills itself, if any.
 */
const [, , directory = "", killAt] = process.argv;
const rig = await openQueueRig(directory, {
  limits: { perHour: 1_000_000 },
  onEvent: (event) => {
    if (("state" in event ? event.state : event.decision) === killAt) process.kill(process.pid, "SIGKILL");
  },
});
for (let round = 0; ; round += 1) {
  const { id: proposal, hash, state } = await proposed(rig.queue.propose(askFor(`h${round}.test`), "I need it."));
  process.stdout.write(`${proposal} ${state}\n`);
  // The next one is under way while this one is decided.
  const next = rig.queue.propose(askFor(`h${round + 1}.test`), "I need it.");
  const done = round % 2 === 0 ? await rig.decisions.approve({ proposal, hash, by: "me" }) : await rig.decisions.reject({ proposal, hash, by: "me" });
  process.stdout.write(`${proposal} ${done.state}\n`);
  await next;
}
