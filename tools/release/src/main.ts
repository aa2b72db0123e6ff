import { buildAll } from "./build.ts";
import { bundleSources } from "./bundle.ts";

// Without arguments: everything that is published. `sources PACKAGE TARGET`: one package's program, of its sources.
const [what, folder, target] = process.argv.slice(2);
try {
  if (what === "sources" && folder !== undefined && target !== undefined) await bundleSources(folder, target);
  else await buildAll();
} catch (error) {
  // tsc tells its errors on standard output.
  const said = error instanceof Error && "stdout" in error && typeof error.stdout === "string" ? error.stdout : "";
  process.stderr.write(`${[said, error instanceof Error ? error.message : String(error)].filter(Boolean).join("\n")}\n`);
  process.exit(1);
}
