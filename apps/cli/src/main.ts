#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache();
const { fileURLToPath } = await import("node:url");
const { realContext } = await import("./context.ts");
const { runProgram } = await import("./program.ts");

const status = await runProgram(realContext(fileURLToPath(import.meta.url)), process.argv.slice(2));
// Standard input may still be open; nothing else is waited for.
process.exit(status);
