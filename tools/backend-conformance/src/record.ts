import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { readWitness, type Bottle } from "@bottle/backend-core";
import type { AuditFault, AuditProof, AuditRecord } from "@bottle/manifest";
import { createAuditVerifier, parseAuditLine } from "@bottle/manifest/state";
import { isSigned, readAuditLines } from "@bottle/sidecars";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { otherHost, startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

/** P7: everything is on record, in one sequence, and nobody changes it unseen. */
export function recordPromises(setup: ConformanceSetup): void {
  describe("the record", () => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await startRig(setup);
    });
    afterAll(() => rig?.[Symbol.asyncDispose]());

    test("the bottle's life and what its agent asked for are one sequence over a resume and over files, signed, and whole", async () => {
      const wanted = rig.spec();
      const paths = rig.state.directory(wanted.identity);
      await startAndEnd((await rig.backend.prepare(wanted)).launch());
      expect(await lifeOf(paths.audit)).toEqual(["launch", "ready", "agent-start", "agent-exit exit status 7", "stop"]);
      expect(await verify(paths, wanted.identity)).toMatchObject({ ok: true, launches: 1, closed: true, tail: 0 });
      // As if it had been full.
      await rename(paths.audit, join(paths.root, "audit.1.jsonl"));
      await startAndEnd((await rig.backend.prepare({ ...wanted, resume: true })).launch());
      expect((await lifeOf(paths.audit)).slice(5)).toEqual(["resume", "ready", "agent-start", "agent-exit exit status 7", "stop"]);
      expect(await verify(paths, wanted.identity)).toMatchObject({ ok: true, launches: 2, closed: true, tail: 0, gaps: [] });
      const denied = (await recordsOf(paths.audit)).filter(({ event }) => event.type === "network" && event.host === otherHost && event.decision === "deny");
      expect(denied.length).toBe(2);
      await writeFile(paths.audit, "");
      expect(await verify(paths, wanted.identity)).toMatchObject({ ok: false, reason: expect.stringContaining("lines were cut off its end") as string });
    });
  });
}

async function startAndEnd(launching: Promise<Bottle>): Promise<void> {
  await using bottle = await launching;
  const input = new PassThrough();
  input.end();
  const terminal = { input, output: new PassThrough().resume(), error: new PassThrough().resume(), isTerminal: false };
  expect(await bottle.attach(["sh", "-c", `curl -s -o /dev/null https://${otherHost}/; exit 7`], { terminal, signal: AbortSignal.timeout(30_000) })).toBe(7);
}

async function recordsOf(file: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const { text = "" } of readAuditLines(file)) records.push(parseAuditLine(text));
  return records;
}

async function lifeOf(file: string): Promise<readonly string[]> {
  return (await recordsOf(file)).flatMap(({ event }) => (event.type === "lifecycle" ? [event.event === "agent-exit" ? `${event.event} ${event.detail}` : event.event] : []));
}

async function verify({ audit, witness }: { readonly audit: string; readonly witness: string }, identity: string): Promise<AuditProof | AuditFault> {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const verifier = createAuditVerifier({ identity, sha256, isSigned, witness: await readWitness(witness) });
  for await (const { text = "" } of readAuditLines(audit)) verifier.push(text);
  return verifier.finish(0);
}
