import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { createModelHandler } from "./handler.ts";
import { act, runShell, say } from "./script.ts";
import { startScriptedModel } from "./server.ts";

const tools = [{ name: "Bash", input_schema: { type: "object", properties: { command: {} } } }];
const messages = [{ role: "user", content: "Hi" }];

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers });
}

function dataOf(stream: string): readonly unknown[] {
  return stream.split("\n").filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6)));
}

test("text is streamed chunk by chunk, each after its pause", async () => {
  await using model = await startScriptedModel({ turns: [say("one ", "two ", "three")], chunkDelayMs: 40 });
  const response = await post(`${model.anthropicBaseUrl}/v1/messages`, { model: "m", stream: true, messages, tools });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  for await (const chunk of response.body ?? []) pieces.push(decoder.decode(chunk, { stream: true }));
  expect(pieces.filter((piece) => piece.includes("text_delta")).length).toBe(3);
  expect(dataOf(pieces.join("")).at(-1)).toEqual({ type: "message_stop" });
});

test("every request is recorded with headers and body, also those answered 404", async () => {
  await using model = await startScriptedModel({ turns: [] });
  expect((await fetch(`${model.anthropicBaseUrl}/api/claude_code/settings`)).status).toBe(404);
  expect(await (await post(`${model.anthropicBaseUrl}/v1/messages/count_tokens?beta=true`, "12345678", { "x-api-key": "k" })).json())
    .toEqual({ input_tokens: 2 });
  expect(model.requests).toMatchObject([
    { method: "GET", path: "/api/claude_code/settings", body: "" },
    { method: "POST", path: "/v1/messages/count_tokens?beta=true", headers: { "x-api-key": "k" }, body: "12345678" },
  ]);
  expect(model.problems).toEqual([]);
});

test("a request the script cannot answer is 400 in the API's own form, and a problem", async () => {
  await using model = await startScriptedModel({ turns: [act(runShell("ls"))] });
  const unanswered = await post(`${model.openaiBaseUrl}/responses`, { input: [], tools: [{ type: "function", name: "wait" }] });
  expect(unanswered.status).toBe(400);
  expect(await unanswered.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  expect((await post(`${model.openaiBaseUrl}/responses`, "{")).status).toBe(400);
  expect((await post(`${model.openaiBaseUrl}/responses`, "x", { "content-encoding": "zstd" })).status).toBe(400);
  expect(model.problems).toEqual([
    "POST /v1/responses: The script wants exec_command or shell_command or shell or bash; the request offers wait.",
    "POST /v1/responses: The request's body is not JSON.",
    "POST /v1/responses: The body is zstd; send it plain.",
  ]);
});

test("a WebSocket is refused with 426", async () => {
  await using model = await startScriptedModel({ turns: [] });
  const socket = new WebSocket(`ws://127.0.0.1:${model.port}/v1/responses`);
  await once(socket, "error");
  expect(model.requests).toMatchObject([{ method: "GET", path: "/v1/responses", headers: { upgrade: "websocket" } }]);
});

test("a client that leaves in the middle does not hold up the model's end", async () => {
  const model = await startScriptedModel({ turns: [say("a", "b")], chunkDelayMs: 60_000 });
  const abort = new AbortController();
  const response = await fetch(`${model.anthropicBaseUrl}/v1/messages`, {
    method: "POST", body: JSON.stringify({ stream: true, messages, tools }), signal: abort.signal,
  });
  expect(response.status).toBe(200);
  abort.abort();
  await model[Symbol.asyncDispose]();
  expect(model.problems).toEqual([]);
});

test("the handler serves in any HTTP server", async () => {
  const handler = createModelHandler({ turns: [say("Hello.")] });
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const response = await post(`http://127.0.0.1:${port}/v1/messages`, { model: "m", messages, tools });
  expect(await response.json()).toMatchObject({ model: "m", content: [{ type: "text", text: "Hello." }], stop_reason: "end_turn" });
  expect(handler.requests).toHaveLength(1);
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

test("Gemini's API is answered whole and streamed", async () => {
  await using model = await startScriptedModel({ turns: [say("Hel", "lo.")] });
  const body = { contents: [{ role: "user", parts: [] }], tools: [{ functionDeclarations: [{ name: "run_shell_command" }] }] };
  const whole = await post(`${model.anthropicBaseUrl}/v1beta/models/g-1:generateContent`, body);
  expect(await whole.json()).toMatchObject({ modelVersion: "g-1", candidates: [{ finishReason: "STOP" }] });
  const streamed = await post(`${model.anthropicBaseUrl}/v1beta/models/g-1:streamGenerateContent?alt=sse`, body);
  expect(dataOf(await streamed.text())).toHaveLength(3);
});
