import { useCompileCache } from "./compile-cache.ts";
import { realContext } from "./context.ts";

/** Runs the command line of this process. @param program path of the program's main file @returns the exit status */
export async function commandLine(program: string): Promise<number> {
  const context = realContext(program);
  // Whatever is loaded before this line is compiled anew each time.
  useCompileCache(context.home);
  const { quickExec } = await import("./quick-exec.ts");
  const argv = process.argv.slice(2);
  const executed = quickExec(context, argv);
  if (executed) return executed;
  const { quickStart } = await import("./quick-start.ts");
  const begun = quickStart(context, argv);
  // Not by `await using`, whose form for older engines keeps tsc from rewriting the imports beside it.
  try {
    const { runProgram } = await import("./program.ts");
    return await runProgram(context, argv, begun);
  } finally {
    await begun?.[Symbol.asyncDispose]();
  }
}
