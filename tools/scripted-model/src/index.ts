export { ScriptedModelError, type ScriptedModelErrorCode } from "./errors.ts";
export { createModelHandler, type ModelHandler, type RecordedRequest } from "./handler.ts";
export { act, callTool, createFile, editFile, readFile, runShell, say } from "./script.ts";
export type { Action, ModelScript, ToolInput, Turn } from "./script.ts";
export { startScriptedModel, type ScriptedModel } from "./server.ts";
