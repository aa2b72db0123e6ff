import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { agentKind, agentKinds, type AgentKind } from "@bottle/agents";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { makeFolder } from "../host/make-folder.ts";
import { missingPackages } from "../host/packages.ts";

/** Writes an agent and a bottle of one name; what is there is never written over. */
export async function init(context: Context, request: { readonly name: string; readonly kind: string; readonly project: boolean }): Promise<number> {
  const { name } = request;
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name) || name === "demo") {
    throw new CliError("name-invalid", `"${name.slice(0, 80)}" cannot be an agent's name.`, { status: exitStatus.usage, mend: "Use 1 to 41 of a-z, 0-9 and -; `demo` is built in." });
  }
  const kind = knownKind(request.kind);
  const folder = request.project ? join(context.cwd, ".bottle") : context.home;
  const files = { [join(folder, "agents", `${name}.md`)]: agentText(name, kind), [join(folder, "bottles", `${name}.md`)]: bottleText(context, kind) };
  await makeFolder(folder);
  for (const [path, text] of Object.entries(files)) await writeNew(path, text);
  for (const path of Object.keys(files)) context.out(`wrote ${path}`);
  const credential = kind.credentials[0];
  const missing = await missingPackages();
  context.out(["", "Next:",
    ...(request.project ? ["  bottle trust"] : []),
    ...(credential && !kind.credentials.some(({ envName }) => context.env[envName]) ? [`  export ${credential.envName}=…        stays outside; the agent gets a placeholder`] : []),
    `  bottle start ${name}${missing.length > 0 ? `        installs ${missing.map((entry) => entry.name).join(", ")} first` : ""}`].join("\n"));
  return exitStatus.ok;
}

function knownKind(name: string): AgentKind {
  const names = agentKinds.map((kind) => kind.name);
  if (names.includes(name)) return agentKind(name);
  throw new CliError("kind-unknown", `There is no agent kind "${name.slice(0, 80)}".`, { status: exitStatus.usage, mend: `Known: ${names.join(", ")}.` });
}

async function writeNew(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  try {
    await using file = await open(path, "wx", 0o600);
    await file.writeFile(text);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new CliError("exists", `${path} is there already.`, { status: exitStatus.refused, mend: "Choose another name, or change it with `bottle edit`.", cause });
  }
}

function agentText(name: string, kind: AgentKind): string {
  const command = kind.name === "command" ? `command: [/bin/sh, -c, "echo hello from $HOME"]\n` : "";
  return `---\nkind: ${kind.name}\nbottle: ${name}\n${command}---\nYou work in a copy of the project at /workspace. Nothing leaves this place but by the routes of its bottle.\n`;
}

function bottleText(context: Context, kind: AgentKind): string {
  const routes = kind.hosts.map(({ host, methods, paths, auths }) => {
    const auth = auths.find(({ tokenRef }) => context.env[tokenRef]) ?? auths[0];
    const authText = auth ? `      auth: { scheme: ${auth.scheme}, ${auth.name === undefined ? "" : `name: ${auth.name}, `}token_ref: ${auth.tokenRef} }\n` : "";
    return `    - host: ${host}\n      methods: [${methods.join(", ")}]\n      paths: [${paths.map((path) => JSON.stringify(path)).join(", ")}]\n${authText}`;
  }).join("");
  return `---\nbackend: auto\nworkspace: copy\negress:\n  routes:${routes === "" ? " []" : `\n${routes.trimEnd()}`}\n---\nWhat this bottle is for. Everything it may reach is listed above; add, for example:\n\n    - host: registry.npmjs.org\n      methods: [GET, HEAD]\n`;
}
