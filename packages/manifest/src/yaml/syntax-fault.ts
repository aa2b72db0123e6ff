import type { YAMLError } from "yaml";
import { quote, visible } from "../text/visible.ts";
import type { PlacedFault } from "./read-yaml.ts";

/** An error of the yaml package as a fault of ours. */
export function syntaxFault(error: YAMLError, { source, base }: { readonly source: string; readonly base: number }): PlacedFault {
  // What is missing at the end is missing after the last thing written, not in the blank lines below it.
  const offset = base + Math.min(error.pos[0], source.trimEnd().length);
  const { code, message, mend } = known(error, source) ?? {
    code: "yaml-syntax", message: `This is not YAML: ${visible(error.message)}.`, mend: undefined,
  };
  return { offset, code, message, ...(mend !== undefined && { mend }) };
}

function known(error: YAMLError, source: string): { readonly code: string; readonly message: string; readonly mend: string } | undefined {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return { code: "yaml-tab", message: "The line is indented with a tab.", mend: "YAML indents with spaces only." };
    case "MULTIPLE_DOCS":
      return { code: "yaml-documents", message: "The frontmatter holds more than one YAML document.", mend: "Keep one; put text for people below the closing `---`." };
    case "RESOURCE_EXHAUSTION":
      return { code: "yaml-too-deep", message: "The YAML is nested too deep to be read.", mend: "No part of a manifest is nested this deep." };
    case "NON_STRING_KEY":
      return { code: "yaml-key", message: "A key must be a word, not a list or a map.", mend: "Write `key: value`." };
    case "BAD_ALIAS":
    case "BAD_SCALAR_START": {
      const value = /^[^\n#,\]}]{0,80}/.exec(source.slice(error.pos[0]))?.[0].trim() ?? "";
      return { code: "yaml-quote", message: `${quote(value)} needs quotes: it starts with a character that YAML keeps for itself.`, mend: JSON.stringify(visible(value)) };
    }
    case "BLOCK_AS_IMPLICIT_KEY":
      return { code: "yaml-syntax", message: "A second `key:` stands on the same line.", mend: "Put it on its own line, or quote the value if the colon belongs to it." };
    default:
      return undefined;
  }
}
