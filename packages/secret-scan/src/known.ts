export { looksLikeExfiltration } from "./packs/host-shape.ts";
export { createRedactor, redactText, type Redactor } from "./redact.ts";
export { spellings } from "./spellings.ts";
