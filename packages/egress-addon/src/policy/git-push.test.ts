import { expect, test } from "vitest";
import { isGitPush } from "./git-push.ts";

test.each([
  ["POST", "/a/b.git/git-receive-pack"], ["POST", "/a/b.git/GIT-Receive-Pack"], ["POST", "/a/b.git/git%2dreceive-pack"], ["POST", "/a/git-receive-pack/"],
  ["POST", "/a/b.git/%67it-receive-pack?x"], ["POST", "/a/b.git/git%252Dreceive-pack"], ["PUT", "/a%2fgit-receive-pack"],
  ["GET", "/a/b.git/info/refs?service=git-receive-pack"], ["GET", "/a/b.git/info/refs?x=1&service=GIT-RECEIVE-PACK"], ["HEAD", "/info/refs?service=git%2Dreceive%2Dpack"],
  ["GET", "/info/refs?service=%67%69%74-receive-pack"], ["GET", "/info/refs?service=git%252dreceive%252dpack"], ["GET", "/info/refs%3fservice=git-receive-pack"],
])("%s %s is a push", (method, target) => {
  expect(isGitPush(method, target)).toBe(true);
});

test.each([
  ["GET", "/a/b.git/info/refs?service=git-upload-pack"], ["POST", "/a/b.git/git-upload-pack"], ["GET", "/docs/git-receive-pack"], ["POST", "/a?b=git-receive"], ["GET", "/%zz%"],
])("%s %s is none", (method, target) => {
  expect(isGitPush(method, target)).toBe(false);
});
