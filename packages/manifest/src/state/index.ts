export { auditStart, checkAuditChain, formatAuditLine, parseAuditLine } from "../audit/line.ts";
export { askedText, formatGrants, formatProposal, parseGrants, parseProposal } from "../proposals/files.ts";
export { askedRouteSchema } from "../proposals/schema.ts";
export { secretValue } from "../secret-value.ts";
export { formatMetadata, parseMetadata } from "./metadata.ts";
export { formatShowLine, parseShowLine } from "./show-line.ts";
export { parseSidecarsConfig } from "./sidecars-config.ts";
export { formatSnapshot, parseSnapshot } from "./snapshot.ts";
export { answerTokenRequest, formatTokenRequest, parseTokenReply } from "./token-lines.ts";
