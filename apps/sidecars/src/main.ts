#!/usr/bin/env node
import { serve } from "./serve.ts";

const [, , role, directory = ""] = process.argv;
// Few bottles have one, and all would load it.
if (role === "pipelock") await (await import("./serve-beside.ts")).serveBeside(directory);
else await serve();
