const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<string>>> = {
  start: async () => (await import("./start.ts")).benchStart(),
  "start --backend docker": async () => (await import("./docker-start.ts")).benchDockerStart(),
  "memory --backend docker": async () => (await import("./docker-memory.ts")).benchDockerMemory(),
  memory: async () => (await import("./memory.ts")).benchMemory(),
  workspace: async () => (await import("./workspace.ts")).benchWorkspace(),
  egress: async (args) => (await import("./egress/bench-egress.ts")).benchEgress(args),
  gate: async (args) => (await import("./gate/bench-gate.ts")).benchGate(args),
  dlp: async (args) => (await import("./dlp/bench-dlp.ts")).benchDlp(args),
};

const onDocker = process.argv[3] === "--backend" && process.argv[4] === "docker";
const name = `${process.argv[2] ?? ""}${onDocker ? " --backend docker" : ""}`;
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (benchmark) {
  process.stdout.write(`${await benchmark(process.argv.slice(3))}\n`);
} else {
  process.stderr.write(`Which benchmark? ${Object.keys(benchmarks).join(", ")}\n`);
  process.exit(2);
}
