import { expect, test } from "vitest";
import { followFetch } from "./follow-fetch.ts";

const line = (text: string): string => `${(text.length + 4).toString(16).padStart(4, "0")}${text}`;
const pack = (objects: number): string => `PACK\0\0\0\x02\0\0\x01${String.fromCharCode(objects)}${"x".repeat(3_000)}`;
const [one, two] = ["1".repeat(40), "2".repeat(40)];

test.each([
  ["version 2", `${line("command=fetch")}${line("agent=git/2.39.5")}0001${line("thin-pack")}${line(`want ${one}\n`)}${line(`want ${two}\n`)}${line(`have ${"3".repeat(40)}\n`)}0000`, `${line("acknowledgments\n")}${line("ready\n")}0001${line("packfile\n")}${line("\x02Counting\n")}${line(`\x01${pack(4)}`)}${line("\x01more")}0000`],
  ["version 0", `${line(`want ${one} multi_ack_detailed side-band-64k\n`)}${line(`want ${two}\n`)}0000${line("done\n")}`, `${line("NAK\n")}${line(`\x01${pack(4)}`)}0000`],
])("of a fetch by %s it is told what was asked for and how much was given, however it is cut", (_, request, answer) => {
  for (const piece of [1, 7, 10_000]) {
    const fetch = followFetch();
    for (const [text, take] of [[request, fetch.ask], [answer, fetch.answer]] as const) {
      for (let at = 0; at < text.length; at += piece) take(Buffer.from(text.slice(at, at + piece), "latin1"));
    }
    expect([...fetch.wants]).toEqual([one, two]);
    expect(fetch.objects()).toBe(260);
  }
});

test.each([["a list of refs", line("command=ls-refs\n"), `${line(`${one} refs/heads/want\n`)}0000`], ["what is no line", "want", "PACK"], ["an answer without a pack", "0000", `${line("acknowledgments\n")}${line("NAK\n")}0000`]])("of %s nothing is", (_, request, answer) => {
  const fetch = followFetch();
  fetch.ask(Buffer.from(request, "latin1"));
  fetch.answer(Buffer.from(answer, "latin1"));
  expect([fetch.wants.size, fetch.objects()]).toEqual([0, undefined]);
});
