import { expect, test } from "vitest";
import { readRoute } from "./route.ts";

test.each([
  ["GET", "/app.git/info/refs?service=git-upload-pack", { kind: "git", repository: "app.git", service: "fetch", path: "/info/refs" }],
  ["GET", "/app/info/refs?service=git-receive-pack", { kind: "git", repository: "app", service: "push", path: "/info/refs" }],
  ["POST", "/h.example.com/acme/app.git/git-upload-pack", { kind: "git", repository: "h.example.com/acme/app.git", service: "fetch", path: "/git-upload-pack" }],
  ["POST", "/[::1]/app/git-receive-pack", { kind: "git", repository: "[::1]/app", service: "push", path: "/git-receive-pack" }],
  ["POST", "/h:8443/a/b/c.git/info/lfs/objects/batch", { kind: "lfs", repository: "h:8443/a/b/c.git" }],
])("%s %s is read", (method, url, route) => {
  expect(readRoute(method, url)).toEqual(route);
});

test.each([
  ["GET", "/app.git/HEAD"], ["GET", "/app.git/info/refs"], ["GET", "/app.git/objects/info/packs"], ["GET", "/app.git/info/refs?service=git-upload-archive"],
  ["GET", "/../app.git/info/refs?service=git-upload-pack"], ["GET", "/h/../app/info/refs?service=git-upload-pack"], ["GET", "//app/info/refs?service=git-upload-pack"],
  ["GET", "/.git/info/refs?service=git-upload-pack"], ["POST", "/app.git/git-upload-archive"], ["GET", "/app.git/git-receive-pack"], ["POST", "/app.git/git-receive-pack?x"],
  ["GET", "/app.git/info/refs?service=git-upload-pack&service=git-receive-pack"], ["PUT", "/app.git/git-receive-pack"], ["GET", "http://h/app.git/info/refs?service=git-upload-pack"],
])("%s %s is nobody's", (method, url) => {
  expect(readRoute(method, url)).toEqual({ kind: "unknown" });
});
