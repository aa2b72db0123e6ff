#!/usr/bin/env node
const oldestNode = 24;
const { node } = process.versions;

// Before anything is loaded: an older Node can't even read the rest. 3 is the status of what cannot start.
if (Number.parseInt(node, 10) < oldestNode) {
  process.stderr.write(`git-gate: This is Node ${node}; git-gate needs Node ${oldestNode}.\n  → Run it with Node ${oldestNode}, for example: npx --yes --package node@${oldestNode} --package @bottle/git-gate git-gate\n`);
  process.exit(3);
}
const [{ processWorld }, { runProgram }] = await Promise.all([import("@bottle/standalone"), import("./standalone/program.ts")]);
const status = await runProgram(processWorld(), process.argv.slice(2));
process.exit(status);
