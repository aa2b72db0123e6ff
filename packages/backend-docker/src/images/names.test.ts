import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pinBase } from "./base.ts";
import { isCurrent } from "./find.ts";
import { parseImages } from "./inspect.ts";
import { describeImage } from "./list.ts";
import { imagesVersion, splitName } from "./names.ts";
import { programArchitecture } from "./program-architecture.ts";
import { choosePrunable } from "./prune.ts";

const image = { id: "sha256:1", names: ["bottle-agent:x"], digests: [], created: "", sizeBytes: 0, env: [], layers: [], labels: { "bottle.image": "agent", "bottle.version": imagesVersion } };

test("the images' version is the package's", () => {
  expect(imagesVersion).toBe((JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version);
});

test.each([
  ["bottle-agent:1", "bottle-agent", "1"],
  ["localhost/bottle-agent:1", "bottle-agent", "1"],
  ["docker.io/library/bottle-agent:1", "bottle-agent", "1"],
  ["host:5000/bottle-agent", "host:5000/bottle-agent", ""],
  ["evil.example/bottle-agent:1", "evil.example/bottle-agent", "1"],
])("%s is %s, tag %s", (name, repository, tag) => {
  expect(splitName(name)).toEqual({ repository, tag });
});

test("a start takes an image only by name, kind and version together", () => {
  const current = { ...image, names: [`bottle-agent:${imagesVersion}`] };
  expect(isCurrent(current, "agent")).toBe(true);
  expect(isCurrent(image, "agent")).toBe(false);
  expect(isCurrent(current, "sidecars")).toBe(false);
  expect(isCurrent({ ...current, labels: { ...image.labels, "bottle.version": "0.0.0" } }, "agent")).toBe(false);
  expect(isCurrent({ ...current, names: [`evil.example/bottle-agent:${imagesVersion}`] }, "agent")).toBe(false);
});

test("an image of an unknown kind, or only built upon ours, is not ours", () => {
  expect(describeImage(image, [])).toMatchObject({ kind: "agent", names: ["bottle-agent:x"], foreignNames: [] });
  expect(describeImage({ ...image, labels: { "bottle.image": "other" } }, [])).toBeUndefined();
  expect(describeImage({ ...image, labels: { "bottle.image": "constructor" } }, [])).toBeUndefined();
  expect(describeImage({ ...image, names: ["mine:1"] }, [])).toBeUndefined();
  expect(describeImage({ ...image, names: [] }, [])).toBeUndefined();
});

test("with nothing built yet a base stays, unless all are to go", () => {
  const base = { kind: "base" as const, id: "sha256:b", names: ["bottle-base:1"], foreignNames: [], created: "", sizeBytes: 0, isCurrent: false, containers: [] };
  expect(choosePrunable([base], { all: false })).toEqual([]);
  expect(choosePrunable([base], { all: true })).toEqual([base]);
});

test("a base is pinned to the digest of its own repository where there is one, and noted by id elsewhere", () => {
  const digests = ["mirror.example/debian@sha256:aa", "debian@sha256:bb"];
  expect(pinBase("debian:12", { id: "sha256:1", digests })).toEqual({ reference: "debian@sha256:bb", record: "debian@sha256:bb" });
  expect(pinBase("debian@sha256:bb", { id: "sha256:1", digests })).toEqual({ reference: "debian@sha256:bb", record: "debian@sha256:bb" });
  expect(pinBase("bottle-base:x", { id: "sha256:1", digests: [] })).toEqual({ reference: "bottle-base:x", record: "sha256:1" });
});

test("what the engine says of images is parsed, and anything else refused", () => {
  expect(parseImages([{ Id: "sha256:1", RepoTags: null, Created: "c", Size: 1, Config: { Labels: null } }])).toEqual([
    { id: "sha256:1", names: [], digests: [], created: "c", sizeBytes: 1, env: [], layers: [], labels: {} },
  ]);
  expect(parseImages([])).toEqual([]);
  for (const answer of [{}, { Id: 1 }, "text"]) expect(() => parseImages([answer])).toThrow("The engine described its images in a way that is not understood");
});

test("a program's processor is read from its header, and what is no Linux program has none", () => {
  const header = (machine: number): Buffer => Buffer.concat([Buffer.from("\u007fELF\u0002\u0001", "latin1"), Buffer.alloc(12), Buffer.from([machine, 0])]);
  expect([programArchitecture(header(62)), programArchitecture(header(183)), programArchitecture(header(1))]).toEqual(["amd64", "arm64", undefined]);
  expect(programArchitecture(Buffer.from("#!/bin/sh\nexec node\n"))).toBeUndefined();
  expect(programArchitecture(Buffer.from("\u007fELF", "latin1"))).toBeUndefined();
});
