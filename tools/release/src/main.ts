import { buildAll } from "./build.ts";

try {
  await buildAll();
} catch (error) {
  // tsc tells its errors on standard output.
  const said = error instanceof Error && "stdout" in error && typeof error.stdout === "string" ? error.stdout : "";
  process.stderr.write(`${[said, error instanceof Error ? error.message : String(error)].filter(Boolean).join("\n")}\n`);
  process.exit(1);
}
