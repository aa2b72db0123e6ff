import { parseArgs } from "node:util";
import { type FuzzFinding, kindOf, runFuzz, seedsFrom } from "./run.ts";

// node --conditions=@bottle/source packages/egress-addon/src/fuzz/main.ts --minutes 10 --seed 1, or --input SEED[,SEED…] for what was found.
const { values } = parseArgs({ options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: "1" }, input: { type: "string" } } });
const endsAt = performance.now() + Number(values.minutes) * 60_000;
const onFinding = ({ wrong, seeds }: FuzzFinding): void => {
  process.stdout.write(`${Math.round(performance.now() / 1_000)} s: ${wrong}\n  ${seeds.map((seed) => `${seed} ${kindOf(seed)}`).join(", ")}\n`);
};
const { findings, ...numbers } = await runFuzz({
  seeds: values.input === undefined ? seedsFrom(Number(values.seed)) : values.input.split(",").map(Number), isOver: () => performance.now() > endsAt, onFinding,
});
process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), ...numbers, findings: findings.length })}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
