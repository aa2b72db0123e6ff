import { once } from "node:events";
import {
  type ClientDuplexStream, type ClientReadableStream, type ClientWritableStream, type handleUnaryCall, type handleServerStreamingCall, type handleClientStreamingCall,
  type handleBidiStreamingCall, Client, credentials, Metadata, Server, logVerbosity, ServerCredentials, type ServiceError, setLogVerbosity, status,
} from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createIssuer } from "./authority/leaf.ts";
import { mintAuthority } from "./authority/mint.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { allowed, evil, type Rig, secret, startRig } from "./testing/rig.ts";

// A real gRPC client and server, the proxy between them by CONNECT as the client does it for `grpc_proxy`.
checkLeaks();
setLogVerbosity(logVerbosity.NONE);
const text = { serialize: (value: string): Buffer => Buffer.from(value), deserialize: (bytes: Buffer): string => bytes.toString() };
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`, requestStream, responseStream,
  requestSerialize: text.serialize, requestDeserialize: text.deserialize, responseSerialize: text.serialize, responseDeserialize: text.deserialize,
});
const service = {
  Unary: method("Unary", false, false), List: method("List", false, true), Sum: method("Sum", true, false), Chat: method("Chat", true, true),
  Greet: method("Greet", true, true), Fail: method("Fail", false, false), Hang: method("Hang", false, false),
};

let server: Server;
let rig: Rig;
let client: Client;
const cancelled: string[] = [];
const before = { grpc: process.env["grpc_proxy"], none: process.env["no_grpc_proxy"] };

beforeAll(async () => {
  const authority = mintAuthority({ commonName: "test upstream" });
  const leaf = createIssuer(authority)(allowed);
  server = new Server();
  const unary: handleUnaryCall<string, string> = (call, done) => {
    const trailer = new Metadata();
    trailer.set("x-trailer", `seen ${String(call.metadata.get("x-ask")[0])}`);
    trailer.set("x-token", String(call.metadata.get("authorization")[0] === `Bearer ${secret}`));
    trailer.set("x-raw-bin", Buffer.from([0, 255, 10]));
    done(null, `<${call.request}>`, trailer);
  };
  const list: handleServerStreamingCall<string, string> = (call) => {
    for (let index = 0; index < Number(call.request); index += 1) call.write(`${index}`);
    call.end();
  };
  const sum: handleClientStreamingCall<string, string> = (call, done) => {
    let total = 0;
    call.on("data", (value: string) => void (total += value.length)).on("end", () => done(null, String(total)));
  };
  const chat: handleBidiStreamingCall<string, string> = (call) => {
    call.on("cancelled", () => cancelled.push("chat"));
    call.on("data", (value: string) => void call.write(`re: ${value}`)).on("end", () => call.end());
  };
  const greet: handleBidiStreamingCall<string, string> = (call) => {
    call.write("who is there?");
    call.on("data", (value: string) => void call.write(`hello ${value}`)).on("end", () => call.end());
  };
  const fail: handleUnaryCall<string, string> = (_call, done) => done({ code: status.FAILED_PRECONDITION, details: "not now: ü", metadata: new Metadata() });
  const hang: handleUnaryCall<string, string> = (call) => void call.on("cancelled", () => cancelled.push("hang"));
  server.addService(service, { Unary: unary, List: list, Sum: sum, Chat: chat, Greet: greet, Fail: fail, Hang: hang });
  const port = await new Promise<number>((resolve, reject) => {
    const trusted = ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(leaf.certificate), private_key: Buffer.from(leaf.key) }]);
    server.bindAsync("127.0.0.1:0", trusted, (error, bound) => error ? reject(error) : resolve(bound));
  });
  const nothing = { address: `127.0.0.1:${port}`, caCertificate: authority.certificate } as Parameters<typeof startRig>[0];
  rig = await startRig(nothing, { routes: [{ host: allowed, methods: ["POST"], paths: ["/test.Echo/*"], auth: { scheme: "bearer", tokenRef: "TOKEN" } }] });
  process.env["grpc_proxy"] = `http://127.0.0.1:${rig.port}`;
  delete process.env["no_grpc_proxy"];
  client = new Client(`${allowed}:443`, credentials.createSsl(Buffer.from(rig.proxy.caCertificate)));
});
afterAll(async () => {
  client.close();
  await rig[Symbol.asyncDispose]();
  server.forceShutdown();
  for (const [name, value] of [["grpc_proxy", before.grpc], ["no_grpc_proxy", before.none]] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});
beforeEach(() => void cancelled.splice(0));

interface Outcome {
  readonly value?: string | undefined;
  readonly error?: ServiceError | null;
  readonly trailers: Metadata;
}

async function call(name: keyof typeof service, request: string, options: { readonly metadata?: Record<string, string>; readonly deadlineMs?: number; readonly from?: Client } = {}): Promise<Outcome> {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
  const deadline = Date.now() + (options.deadlineMs ?? 10_000);
  const { promise, resolve } = Promise.withResolvers<{ error: ServiceError | null; value: string | undefined }>();
  const under = (options.from ?? client).makeUnaryRequest(service[name].path, text.serialize, text.deserialize, request, metadata, { deadline }, (error, value) => resolve({ error, value }));
  let trailers = new Metadata();
  under.on("status", (end) => void (trailers = end.metadata));
  return { ...await promise, trailers };
}

test("unary: message, metadata, trailers, and the route's credential in place of the agent's", async () => {
  const { value, error, trailers } = await call("Unary", "hello", { metadata: { "x-ask": "yes", "authorization": "Bearer agent" } });
  expect(error).toBeNull();
  expect(value).toBe("<hello>");
  expect(trailers.get("x-raw-bin")).toEqual([Buffer.from([0, 255, 10])]);
  expect(trailers.getMap()).toMatchObject({ "x-trailer": "seen yes", "x-token": "true" });
});

test("a message larger than every window arrives whole, both ways", async () => {
  const large = "x".repeat(3_000_000);
  const { value, error } = await call("Unary", large);
  expect([error, value?.length, value === `<${large}>`]).toEqual([null, 3_000_002, true]);
});

test("server streaming: every message in order", async () => {
  const stream: ClientReadableStream<string> = client.makeServerStreamRequest(service.List.path, text.serialize, text.deserialize, "500");
  const seen: string[] = [];
  stream.on("data", (value: string) => seen.push(value));
  const [end] = await once(stream, "status") as [{ code: number }];
  expect([end.code, seen.join()]).toEqual([status.OK, Array.from({ length: 500 }, (_, index) => index).join()]);
});

test("client streaming: one answer to all messages", async () => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const stream: ClientWritableStream<string> = client.makeClientStreamRequest(service.Sum.path, text.serialize, text.deserialize, (_error, value) => resolve(value));
  for (let index = 0; index < 200; index += 1) stream.write("x".repeat(1_000));
  stream.end();
  expect(await promise).toBe("200000");
});

test("both streaming: each message is answered while the call goes on", async () => {
  const stream: ClientDuplexStream<string, string> = client.makeBidiStreamRequest(service.Chat.path, text.serialize, text.deserialize);
  for (const word of ["one", "two", "three"]) {
    const heard = once(stream, "data");
    stream.write(word);
    expect((await heard)[0]).toBe(`re: ${word}`);
  }
  const over = once(stream, "status");
  stream.end();
  expect((await over)[0]).toMatchObject({ code: status.OK });
});

test("the server may speak first", async () => {
  const stream: ClientDuplexStream<string, string> = client.makeBidiStreamRequest(service.Greet.path, text.serialize, text.deserialize);
  expect((await once(stream, "data"))[0]).toBe("who is there?");
  const heard = once(stream, "data");
  stream.write("me");
  expect((await heard)[0]).toBe("hello me");
  stream.end();
});

test("a known secret does not leave in a message, alone or among others", async () => {
  for (const request of [secret, `<${secret}>`, Buffer.from(secret).toString("base64"), `${"x".repeat(200_000)}${secret}`]) {
    expect((await call("Unary", request)).error).toMatchObject({ code: status.PERMISSION_DENIED });
  }
  const stream: ClientDuplexStream<string, string> = client.makeBidiStreamRequest(service.Chat.path, text.serialize, text.deserialize);
  stream.on("error", () => {});
  const heard = once(stream, "data");
  const over = Promise.withResolvers<number>();
  stream.on("status", ({ code }: { readonly code: number }) => over.resolve(code));
  stream.write("one");
  await heard;
  stream.write(secret);
  expect(await over.promise).not.toBe(status.OK);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "secret-found" });
  await expect.poll(() => cancelled).toEqual(["chat"]);
});

test("an error without a message is one head alone, with its code and details", async () => {
  expect((await call("Fail", "x")).error).toMatchObject({ code: status.FAILED_PRECONDITION, details: "not now: ü" });
});

test("a deadline ends the call on both sides", async () => {
  expect((await call("Hang", "x", { deadlineMs: 300 })).error).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  await expect.poll(() => cancelled).toEqual(["hang"]);
});

test("a client that cancels ends the call on the server", async () => {
  const stream: ClientDuplexStream<string, string> = client.makeBidiStreamRequest(service.Chat.path, text.serialize, text.deserialize);
  stream.on("error", () => {});
  const heard = once(stream, "data");
  stream.write("one");
  await heard;
  stream.cancel();
  await expect.poll(() => cancelled).toEqual(["chat"]);
});

test("a method that no route allows is denied, a host that no route allows is not reached", async () => {
  const { promise, resolve } = Promise.withResolvers<ServiceError | null>();
  client.makeUnaryRequest("/test.Admin/Do", text.serialize, text.deserialize, "x", (error) => resolve(error));
  expect(await promise).toMatchObject({ code: status.PERMISSION_DENIED });
  const other = new Client(`${evil}:443`, credentials.createSsl(Buffer.from(rig.proxy.caCertificate)));
  expect((await call("Unary", "x", { from: other, deadlineMs: 1_500 })).error?.code).toBeGreaterThan(0);
  other.close();
  expect(rig.events.filter(({ host }) => host === evil).every(({ decision, reason }) => decision === "deny" && reason === "no-route")).toBe(true);
});

test("every call used one connection, and each is recorded by itself", async () => {
  rig.events.splice(0);
  const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => call("Unary", String(index))));
  expect(outcomes.map(({ value }) => value)).toEqual(outcomes.map((_, index) => `<${index}>`));
  expect(rig.events.filter(({ host }) => host === allowed).map(({ reason, status: code }) => `${reason} ${code}`)).toEqual(outcomes.map(() => "allowed 200"));
  expect(rig.proxy.stats().connections).toBe(1);
});
