import type { EnvDeclaration } from "../model.ts";

type EnvYaml = Readonly<Record<string, string | { readonly from_env: string } | { readonly secret: true }>>;

/** `env` of the YAML as declarations. */
export function envOf(env: EnvYaml): Readonly<Record<string, EnvDeclaration>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, declarationOf(value)]));
}

function declarationOf(value: EnvYaml[string]): EnvDeclaration {
  if (typeof value === "string") return { kind: "literal", value };
  return "secret" in value ? { kind: "secret" } : { kind: "from_env", name: value.from_env };
}
