#!/usr/bin/env node
import { fileURLToPath } from "node:url";

const oldestNode = 24;
const { node } = process.versions;

// Before anything is loaded: an older Node can't even read the rest. 4 is the status of a host that lacks something.
if (Number.parseInt(node, 10) < oldestNode) {
  process.stderr.write(`bottle: This is Node ${node}; bottle needs Node ${oldestNode}.\n  → Run it with Node ${oldestNode}, for example: npx --yes --package node@${oldestNode} --package @bottle/cli bottle\n`);
  process.exit(4);
}
const { commandLine } = await import("./command-line.ts");
const status = await commandLine(fileURLToPath(import.meta.url));
// Standard input may still be open; nothing else is waited for.
process.exit(status);
