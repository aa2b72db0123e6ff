#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { realContext } from "./context.ts";
import { useCompileCache } from "./compile-cache.ts";

const context = realContext(fileURLToPath(import.meta.url));
// Whatever is loaded before this line is compiled anew each time.
useCompileCache(context.home);
const { quickExec } = await import("./quick-exec.ts");
const argv = process.argv.slice(2);
const status = await (quickExec(context, argv) ?? import("./program.ts").then(({ runProgram }) => runProgram(context, argv)));
// Standard input may still be open; nothing else is waited for.
process.exit(status);
