import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Context } from "../context.ts";
import { channelsOf } from "./channels.ts";

const notice = { identity: "dev-aaaaa", proposals: [{ id: "p-4k2x9a1b", kind: "capability" }] } as const;
const sentence = "dev-aaaaa asks for another image: bottle proposals show p-4k2x9a1b";
let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-notify-"));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function contextWith(env: Readonly<Record<string, string>>, isTerminal: boolean): Context {
  const stream = new PassThrough();
  return {
    env: { PATH: `${folder}:/usr/bin:/bin`, ...env }, cwd: folder, home: folder, terminal: { input: stream, output: stream, error: stream, isTerminal }, isInteractive: isTerminal, hasColour: false,
    signal: new AbortController().signal, isRoot: false, now: () => new Date(), self: [], out: (text) => void said.push(text), err: (text) => void said.push(text),
  };
}

async function tell(env: Readonly<Record<string, string>>, { isTerminal = false, isKept = false } = {}): Promise<number> {
  const channels = await channelsOf(contextWith(env, isTerminal), { identity: "dev-aaaaa", isKept });
  await Promise.all(channels.map((channel) => channel.send(notice, new AbortController().signal)));
  return channels.length;
}

test("where no agent has the terminal, standard error says it", async () => {
  expect(await tell({})).toBe(1);
  expect(said).toEqual([`bottle: ${sentence}`]);
});

test("on a terminal that an agent has, nothing at all is written, and nobody else is told unasked", async () => {
  expect(await tell({}, { isTerminal: true })).toBe(0);
  expect(said).toEqual([]);
});

test("a keeper whose terminal nobody looks at any more tells without a fault", async () => {
  expect(await tell({}, { isKept: true })).toBe(1);
  expect(said).toEqual([]);
});

test("the desktop is told by notify-send, in one word that no option can be made of", async () => {
  writeFileSync(join(folder, "notify-send"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/told\n`);
  chmodSync(join(folder, "notify-send"), 0o755);
  expect(await tell({ BOTTLE_NOTIFY_DESKTOP: "1" }, { isTerminal: true })).toBe(1);
  expect(readFileSync(join(folder, "told"), "utf8")).toBe(`--app-name=bottle\n--\nbottle\n${sentence}\n`);
  rmSync(join(folder, "told"));
  expect(await tell({}, { isTerminal: true })).toBe(0);
  expect(existsSync(join(folder, "told"))).toBe(false);
});

test("a notify-send that fails is nobody's concern; one that is not there is said once, at the start", async () => {
  writeFileSync(join(folder, "notify-send"), "#!/bin/sh\nexit 1\n");
  chmodSync(join(folder, "notify-send"), 0o755);
  expect(await tell({ BOTTLE_NOTIFY_DESKTOP: "1" }, { isTerminal: true })).toBe(1);
  expect(await tell({ BOTTLE_NOTIFY_DESKTOP: "1", PATH: "/nowhere" }, { isTerminal: true })).toBe(0);
  expect(said).toEqual(["bottle: BOTTLE_NOTIFY_DESKTOP is set, and there is no notify-send on the PATH."]);
});

test("an address that is none is said without being shown: it may hold a secret", async () => {
  expect(await tell({ BOTTLE_NOTIFY_WEBHOOK: "chat.example.com/T0/secret" }, { isTerminal: true })).toBe(0);
  expect(said).toEqual(["bottle: BOTTLE_NOTIFY_WEBHOOK is no http or https address; nobody is told by it."]);
});
