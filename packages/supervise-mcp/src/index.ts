export { SuperviseError, type SuperviseErrorCode } from "./errors.ts";
export type {
  Approval, CurrentConfig, Judgement, Rejection, Settlement, Supervise, SuperviseLimits, SuperviseOptions, SuperviseTools,
} from "./options.ts";
export { startSupervise } from "./start.ts";
