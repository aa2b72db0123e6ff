import { readFile } from "node:fs/promises";
import { BottleError } from "@bottle/backend-core";
import type { SidecarsConfig } from "@bottle/manifest";
import { gateKeys } from "./folders.ts";

/**
 * A configuration with the texts of the host's files that the gate needs, since its container sees none of them: they go in on
 * standard input with all other credentials, and are files there in memory alone.
 * @throws BottleError `credential-missing` for an identity file that cannot be read
 */
export async function withGateFiles(config: SidecarsConfig, bottleName: string): Promise<SidecarsConfig> {
  const { git } = config;
  if (git === undefined) return config;
  const files: Record<string, string> = {};
  const repositories = await Promise.all(git.repositories.map(async (repository) => {
    if (repository.identityFile === undefined) return repository;
    const path = `${gateKeys}/${repository.name}.key`;
    files[path] = await readKey(repository.identityFile, bottleName);
    return { ...repository, identityFile: path };
  }));
  const knownHosts = await Promise.all((git.knownHostsFiles ?? []).map((path) => readFile(path, "utf8").catch(() => "")));
  const knownHostsFile = `${gateKeys}/known_hosts`;
  files[knownHostsFile] = knownHosts.map((text) => (text === "" || text.endsWith("\n") ? text : `${text}\n`)).join("");
  return { ...config, git: { ...git, repositories, knownHostsFiles: [knownHostsFile], files } };
}

async function readKey(path: string, bottleName: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new BottleError("credential-missing", `The identity file ${path} of bottle "${bottleName}" cannot be read: ${cause.code ?? cause.message}.`, {
      mend: "Mend git.identity_file in the bottle's manifest, or the file's permissions.", cause,
    });
  });
}
