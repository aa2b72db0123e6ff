import { type Fault, type Located, nodeAt } from "@bottle/standalone";
import { EgressError } from "../../errors.ts";
import { compilePolicy } from "../../policy/compile.ts";
import type { EgressPolicy } from "../../policy/model.ts";

// How the file writes what the policy calls otherwise.
const written: Readonly<Record<string, string>> = { tokenRef: "token_ref", dangerouslyAllowAll: "dangerously_allow_all" };

const everyHost: Fault = {
  code: "host-too-wide", message: "\"*\" would open every host there is.",
  mend: "Name the hosts one by one, or the subdomains of one domain as \"*.example.com\". If every host is meant: dangerously_allow_all: true",
};

/** Reports what the policy itself would refuse, in its words, each at its route. */
export function judgePolicy(policy: EgressPolicy, root: Located, report: (offset: number, fault: Fault) => void): void {
  try {
    compilePolicy(policy);
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    const problems = error.message.replace(/^The policy was refused: /, "").replace(/\.$/, "").split(/; (?=route \d+ \()/);
    for (const problem of problems) {
      const [, position = "", host = "", what = problem] = /^route (\d+) \((.*?)\): (.*)$/s.exec(problem) ?? [];
      if (host === "*" && what.startsWith("host must be")) {
        report(placeOf(root, Number(position) - 1, what), everyHost);
        continue;
      }
      const message = what.replace(/tokenRef|dangerouslyAllowAll/g, (word) => written[word] ?? word);
      report(placeOf(root, Number(position) - 1, what), { code: error.code, message: `${host === "" ? "" : `${host}: `}${message}.` });
    }
  }
}

// The value that a problem starts with, where its route has one.
function placeOf(root: Located, index: number, what: string): number {
  const route = nodeAt(root, "routes", index);
  const [word = ""] = /\b(?:host|ports|methods|path|auth|credential|deny|passthrough|dlp|limits|websocket)\b/.exec(what) ?? [];
  const key = { path: "paths", credential: "auth" }[word] ?? word;
  const quoted = /^path ("(?:[^"\\]|\\.)*")/.exec(what)?.[1];
  const paths = nodeAt(route, "paths");
  const path = paths?.kind === "list" && quoted !== undefined ? paths.items.find((item) => item.kind === "scalar" && JSON.stringify(item.value) === quoted) : undefined;
  return (path ?? nodeAt(route, key) ?? route ?? root).offset;
}
