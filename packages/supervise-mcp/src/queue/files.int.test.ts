import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatProposal, parseProposal } from "@bottle/manifest/state";
import { expect, test } from "vitest";
import { openQueueRig, proposed } from "../testing/queue-rig.ts";
import { askFor, makeFolder } from "../testing/world.ts";

const why = "I need it.";

test("only its owner can read the queue, also one that was made by others", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "queue");
  await mkdir(path, { mode: 0o755 });
  await using rig = await openQueueRig(path);
  const { id } = await proposed(rig.queue.propose(askFor("a.test"), why));
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, `${id}.json`))).mode & 0o777).toBe(0o600);
  expect(await readdir(path)).toEqual([`${id}.json`]);
});

test("after a crash what waits still waits, what was approved but never in force has failed, and half a file is nobody's", async () => {
  await using folder = await makeFolder();
  const first = await openQueueRig(folder.path, { apply: () => Promise.resolve("later") });
  const waits = await proposed(first.queue.propose(askFor("a.test"), why));
  const approved = await proposed(first.queue.propose(askFor("b.test"), why));
  await first.decisions.approve({ proposal: approved.id, hash: approved.hash, by: "me" });
  await first[Symbol.asyncDispose]();
  await writeFile(join(folder.path, `${waits.id}.json.1.tmp`), formatProposal(waits).slice(0, 50));
  await using again = await openQueueRig(folder.path);
  expect(again.queue.get(waits.id)).toEqual(waits);
  expect(again.queue.get(approved.id)).toMatchObject({ state: "failed", failure: "The bottle ended before it was in force." });
  expect(again.events).toEqual([{ type: "proposal", state: "failed", kind: "egress", proposal: approved.id, detail: "The bottle ended before it was in force." }]);
  expect((await readdir(folder.path)).sort()).toEqual([`${approved.id}.json`, `${waits.id}.json`].sort());
});

test("what is over by the time of the next start expires then", async () => {
  await using folder = await makeFolder();
  const first = await openQueueRig(folder.path);
  const { id } = await proposed(first.queue.propose(askFor("a.test"), why));
  await first[Symbol.asyncDispose]();
  await using again = await openQueueRig(folder.path, { now: () => Date.now() + 3_600_001 });
  expect(again.queue.get(id)?.state).toBe("expired");
  expect(again.events).toMatchObject([{ state: "expired", proposal: id }]);
});

test("a file that bottle did not write is set aside and said, never trusted", async () => {
  await using folder = await makeFolder();
  const first = await openQueueRig(folder.path);
  const good = await proposed(first.queue.propose(askFor("a.test"), why));
  await first[Symbol.asyncDispose]();
  const write = (id: string, text: string): Promise<void> => writeFile(join(folder.path, `${id}.json`), text);
  const decision = { by: "me", at: good.createdAt };
  await write("p-00000001", formatProposal(good).slice(0, 100));
  await write("p-00000002", formatProposal({ ...good, id: "p-00000002", identity: "other-00abc" }));
  await write("p-00000003", formatProposal({ ...good, id: "p-00000003", ask: askFor("evil.test") }));
  await write("p-00000004", formatProposal(good));
  await write("p-00000005", formatProposal({ ...good, id: "p-00000005", state: "applied" }));
  await write("p-00000006", formatProposal({ ...good, id: "p-00000006", state: "applied", decision }).replace("{", "{\"more\":1,"));
  await write("x", "{}");
  await symlink(join(folder.path, `${good.id}.json`), join(folder.path, "p-00000007.json"));
  await mkdir(join(folder.path, "p-00000008.json"));
  await write("p-00000009", "x".repeat(5_000_000));
  await using again = await openQueueRig(folder.path);
  expect(again.queue.list()).toEqual([good]);
  expect(again.events).toEqual([]);
  expect(again.said).toHaveLength(10);
  for (const sentence of again.said) expect(sentence).toMatch(/^(?:p-0000000\d|x)\.json of the queue is not what bottle wrote and was set aside as \S+\.set-aside: /);
  expect((await readdir(folder.path)).filter((name) => name.endsWith(".json"))).toEqual([`${good.id}.json`]);
});

test("in a directory that cannot be written nothing changes, and nothing is recorded", async () => {
  await using folder = await makeFolder();
  const path = join(folder.path, "queue");
  await using rig = await openQueueRig(path);
  const { id: proposal, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  await rename(path, `${path}.away`);
  await expect(rig.decisions.approve({ proposal, hash, by: "me" })).rejects.toMatchObject({ code: "queue-failed" });
  await expect(rig.queue.propose(askFor("b.test"), why)).rejects.toMatchObject({ code: "queue-failed" });
  expect(rig.events).toHaveLength(1);
  expect(rig.queue.list().map(({ state }) => state)).toEqual(["pending"]);
  await rename(`${path}.away`, path);
  expect(await rig.decisions.approve({ proposal, hash, by: "me" })).toMatchObject({ state: "applied" });
});

test("a step that fails after it was recorded is taken back in the record", async () => {
  await using folder = await makeFolder();
  await using rig = await openQueueRig(folder.path);
  const { id: proposal, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  const file = join(folder.path, `${proposal}.json`);
  await rm(file);
  await mkdir(join(file, "in-the-way"), { recursive: true });
  await expect(rig.decisions.approve({ proposal, hash, by: "me" })).rejects.toMatchObject({ code: "queue-failed" });
  expect(rig.events.slice(1)).toMatchObject([{ decision: "approved" }, { state: "failed", proposal, detail: "It could not be kept that this is approved: it is as it was before." }]);
  expect(rig.queue.get(proposal)?.state).toBe("pending");
  expect(await readdir(folder.path)).toEqual([`${proposal}.json`]);
});

test("when no byte more can be written, no proposal is made or decided, and none is lost", async () => {
  await using folder = await makeFolder();
  const first = await openQueueRig(folder.path);
  const { id, hash } = await proposed(first.queue.propose(askFor("a.test"), why));
  await first[Symbol.asyncDispose]();
  const program = fileURLToPath(new URL("../testing/decide-program.ts", import.meta.url));
  // RLIMIT_FSIZE of 0: every write to a file fails (setrlimit(2), EFBIG).
  const out = await new Promise<string>((resolve, reject) => {
    execFile("sh", ["-c", "ulimit -f 0; exec \"$@\"", "sh", process.execPath, "--conditions=@bottle/source", program, folder.path, id, hash], (error, stdout, stderr) => (error ? reject(new Error(stderr, { cause: error })) : resolve(stdout)));
  });
  expect(JSON.parse(out)).toEqual({ propose: "queue-failed", approve: "queue-failed", events: 0 });
  expect(await readdir(folder.path)).toEqual([`${id}.json`]);
  expect(parseProposal(await readFile(join(folder.path, `${id}.json`), "utf8")).state).toBe("pending");
});
