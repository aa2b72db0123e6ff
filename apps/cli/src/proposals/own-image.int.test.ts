import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BottleError } from "@bottle/backend-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { explainImage, restoreImage, writeOwnImage } from "./own-image.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bottle-image-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = (name: string): string | undefined => (existsSync(join(root, name)) ? readFileSync(join(root, name), "utf8") : undefined);
const both = (): readonly (string | undefined)[] => [file("Dockerfile"), file("Dockerfile.before")];

test("each granted image leaves the one before to go back to, and the first one the common image", async () => {
  await writeOwnImage({ root }, "one");
  expect(both()).toEqual(["one", undefined]);
  await writeOwnImage({ root }, "two");
  expect(both()).toEqual(["two", "one"]);
  await writeOwnImage({ root }, "three");
  expect(await restoreImage({ root }, "dev-aaaaa")).toBe("own");
  expect(both()).toEqual(["two", undefined]);
  expect(await restoreImage({ root }, "dev-aaaaa")).toBe("common");
  expect(both()).toEqual([undefined, undefined]);
  await expect(restoreImage({ root }, "dev-aaaaa")).rejects.toMatchObject({ code: "image-unusable", status: 1 });
});

test.each([
  ["before anything", "one", undefined], ["once the one before was kept", "one", "one"], ["once it was written", "two", "one"], ["with an older one kept", "one", "zero"],
])("killed %s, the same grant given again comes to the same", async (_, now, before) => {
  writeFileSync(join(root, "Dockerfile"), now);
  if (before !== undefined) writeFileSync(join(root, "Dockerfile.before"), before);
  for (let times = 0; times < 2; times += 1) {
    await writeOwnImage({ root }, "two");
    expect(both()).toEqual(["two", "one"]);
  }
});

test("a bottle that went back to the common image does not go forward to an older grant by a new one", async () => {
  writeFileSync(join(root, "Dockerfile.before"), "stale");
  await writeOwnImage({ root }, "one");
  expect(both()).toEqual(["one", undefined]);
});

test("a build that failed is told with its last lines and the way back; another failure as it is", () => {
  const failed = new BottleError("launch-failed", `The bottle's own image, of ${join(root, "Dockerfile")}: could not be built:\n  no jq`, { mend: "Mend that file." });
  expect(explainImage(failed, { root }, "dev-aaaaa")).toMatchObject({ code: "image-unusable", status: 5, message: failed.message, mend: expect.stringContaining("`bottle resume dev-aaaaa --previous-image`") });
  const other = new BottleError("launch-failed", "no network", { mend: "x" });
  expect(explainImage(other, { root }, "dev-aaaaa")).toBe(other);
});
