export { callControl, type ControlReply, type ControlRequest } from "./control/client.ts";
export { SidecarsError, type SidecarsErrorCode } from "./errors.ts";
export { launchSidecars, prestartSidecars } from "./launch.ts";
export type { ConfigureOptions, LaunchedSidecars, PrestartedSidecars, PrestartOptions } from "./launch.ts";
export { unscannedByPipelock } from "./unscanned.ts";
