import { readdirSync, readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testProgramsDirectory } from "@bottle/agents/testing";
import { startGitUpstream } from "@bottle/backend-conformance/git-upstream";
import { startFixtureInternet } from "@bottle/fixture-internet";
import { act, createModelHandler, runShell, say } from "@bottle/scripted-model";
import { beforeAll, expect, test } from "vitest";
import { prepareRealAgent, realAgents } from "./testing/real-agent.ts";
import { createBottleRig } from "./testing/run-bottle.ts";

const [claude] = realAgents.filter(({ kind }) => kind === "claude");
beforeAll(() => claude && prepareRealAgent(claude), 300_000);

test("the real claude commits and pushes through the gate; what holds a value that the bottle was given it cannot push", { timeout: 180_000 }, async () => {
  if (claude === undefined) throw new Error("There is no claude among the real agents.");
  const { host, variable } = claude;
  await using upstream = await startGitUpstream(undefined);
  await using rig = await createBottleRig();
  const work = (branch: string, content: string): string => [
    "cd /tmp/app", `printf '%s\\n' "${content}" > note.txt`, "git add note.txt", `git commit -qm 'Note for ${branch}'`,
    `git push origin HEAD:refs/heads/agent/${branch} > /workspace/${branch}.txt 2>&1; echo "exit $?" >> /workspace/${branch}.txt`,
  ].join(" && ");
  const model = createModelHandler({ turns: [
    act(runShell(`git clone -q '${upstream.url}' /tmp/app`)), act(runShell(work("fine", "a note"))), act(runShell(work("leak", "$GIVEN"))), say("All done."),
  ] });
  await using internet = await startFixtureInternet({ hosts: { [host]: model } });
  await symlink(testProgramsDirectory(), join(rig.home, "programs"));
  await writeFile(join(rig.project, "ca.pem"), internet.caCertificate);
  expect(await rig.run(["init", "real", "--kind", "claude"], { env: { [variable]: "any" } })).toMatchObject({ status: 0, stderr: "" });
  const [app] = upstream.git.repositories;
  const bottle = readFileSync(join(rig.home, "bottles/real.md"), "utf8").replace("egress:\n", [
    "git:", "  - name: app", `    upstream: ${app?.upstream ?? ""}`, `    identity_file: ${app?.identityFile ?? ""}`, `    known_host_key: ${app?.knownHostKey ?? ""}`,
    "git_identity: { name: An Agent, email: agent@example.com }", "env:", "  GIVEN: { from_env: GIVEN }",
    "egress:", `  hosts: { ${host}: "${internet.hostOverrides[host] ?? ""}" }`, `  ca_files: [${join(rig.project, "ca.pem")}]`, "",
  ].join("\n"));
  await rig.write("bottles/real.md", bottle);
  const given = `given-${crypto.randomUUID()}`;

  const result = await rig.run(["start", "real", "--yes", "--", "-p", "Note it."], { env: { [variable]: "real-credential-0123456789abcdef", GIVEN: given } });

  expect({ status: result.status, problems: model.problems, stderr: result.stderr }).toMatchObject({ status: 0, problems: [] });
  const state = join(rig.home, "state", readdirSync(join(rig.home, "state"))[0] ?? "");
  const said = (branch: string): string => readFileSync(join(state, "workspace", `${branch}.txt`), "utf8");
  expect(said("fine")).toMatch(/\nexit 0\n$/);
  expect(await upstream.ref("refs/heads/agent/fine")).toMatch(/^[0-9a-f]{40}$/);
  expect(said("leak")).toMatch(/note\.txt:1 holds GIVEN[^]*\nexit 1\n$/);
  expect(said("leak")).not.toContain(given);
  expect(await upstream.ref("refs/heads/agent/leak")).toBe("");
  expect(readFileSync(join(state, "audit.jsonl"), "utf8")).not.toContain(given);
});
