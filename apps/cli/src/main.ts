#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache();
const { fileURLToPath } = await import("node:url");
const { realContext } = await import("./context.ts");
const { quickExec } = await import("./quick-exec.ts");

const context = realContext(fileURLToPath(import.meta.url));
const argv = process.argv.slice(2);
const status = await (quickExec(context, argv) ?? import("./program.ts").then(({ runProgram }) => runProgram(context, argv)));
// Standard input may still be open; nothing else is waited for.
process.exit(status);
