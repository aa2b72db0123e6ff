import { once } from "node:events";
import { startDockerEngine, testImages } from "@bottle/docker-engine";
import { buildImages, createDocker } from "../images/index.ts";

// Holds the tests' engine until standard input ends, which it also does when the test runner is killed.
await using engine = await startDockerEngine();
const images = await testImages(engine, ({ env, ...parts }) => buildImages(createDocker({ ...process.env, ...env }, "test:images"), parts));
process.stdout.write(`${JSON.stringify({ dockerHost: engine.env.DOCKER_HOST, images })}\n`);
process.stdin.resume();
await once(process.stdin, "end");
