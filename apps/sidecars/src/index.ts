export { callControl, type ControlReply, type ControlRequest } from "./control/client.ts";
export { SidecarsError, type SidecarsErrorCode } from "./errors.ts";
export { launchSidecars, type LaunchedSidecars } from "./launch.ts";
