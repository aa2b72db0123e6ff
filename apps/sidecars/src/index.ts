export {
  callControl, type ApproveRequest, type ControlAddress, type ControlReply, type ControlRequest, type SuperviseFacts, type SuperviseRequest,
} from "./control/client.ts";
export { readAuditLines, type AuditFileLine } from "./audit/lines.ts";
export { isSigned } from "./audit/signed.ts";
export { followAudit } from "./control/follow-audit.ts";
export { SidecarsError, type SidecarsErrorCode } from "./errors.ts";
export { launchSidecars, prestartSidecars } from "./launch.ts";
export type { ConfigureOptions, LaunchedSidecars, PrestartedSidecars, PrestartOptions } from "./launch.ts";
export { unscannedByPipelock } from "./unscanned.ts";
