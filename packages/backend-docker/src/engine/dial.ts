import { connect } from "node:net";
import { Duplex } from "node:stream";
import { ending } from "@bottle/backend-core";
import type { Docker } from "./docker.ts";

/** A connection to the engine. */
export interface Dialled {
  readonly stream: Duplex;
  /** Why nothing comes from it, as docker says it, once it has ended. */
  said(error: Error): Promise<string>;
}

const socketForm = /^unix:\/\/(?<path>.+)$/;

/**
 * Connects to the engine: to its socket, or, where only docker knows the way (TCP, TLS, SSH), through
 * `docker system dial-stdio`, which joins its own streams with the engine (docker/cli, cli/command/system/dial_stdio.go).
 */
export async function dial(docker: Pick<Docker, "address" | "start">): Promise<Dialled> {
  const address = await docker.address();
  const path = socketForm.exec(address)?.groups?.["path"];
  return path === undefined ? throughDocker(docker) : onSocket(path, address);
}

function onSocket(path: string, address: string): Dialled {
  return {
    stream: connect({ path }),
    // In docker's own words, which are explained in one place.
    said: (error) => Promise.resolve("code" in error && (error.code === "EACCES" || error.code === "EPERM")
      ? `permission denied while trying to connect to the Docker daemon socket at ${address}`
      : `Cannot connect to the Docker daemon at ${address}. Is the docker daemon running? (${error.message})`),
  };
}

function throughDocker(docker: Pick<Docker, "start">): Dialled {
  const child = docker.start(["system", "dial-stdio"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = ending(child);
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-keptBytes)));
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new TypeError("docker was started without streams.");
  const stream = Duplex.from({ writable: stdin, readable: stdout });
  stream.once("close", () => child.kill("SIGTERM"));
  return {
    stream,
    said: async (error) => {
      await ended;
      return complaint.trim() || `Cannot connect to the Docker daemon. (${error.message})`;
    },
  };
}

const keptBytes = 4096;
