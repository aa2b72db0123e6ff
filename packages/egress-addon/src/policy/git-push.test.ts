import { expect, test } from "vitest";
import { isGitPush } from "./git-push.ts";

test.each([
  ["POST", "/a/b.git/git-receive-pack"], ["POST", "/a/b.git/GIT-Receive-Pack"], ["POST", "/a/b.git/git%2dreceive-pack"], ["POST", "/a/git-receive-pack/"],
  ["POST", "/a/b.git/%67it-receive-pack?x"], ["POST", "/a/b.git/git%252Dreceive-pack"], ["PUT", "/a%2fgit-receive-pack"],
  ["GET", "/a/b.git/info/refs?service=git-receive-pack"], ["GET", "/a/b.git/info/refs?x=1&service=GIT-RECEIVE-PACK"], ["HEAD", "/info/refs?service=git%2Dreceive%2Dpack"],
  ["GET", "/info/refs?service=%67%69%74-receive-pack"], ["GET", "/info/refs?service=git%252dreceive%252dpack"], ["GET", "/info/refs%3fservice=git-receive-pack"],
  ["LOCK", "/a/b.git/refs/heads/main"], ["LOCK", "/a/b.git/info/refs"], ["LOCK", "/a/b.git/refs%2Fheads%2Fmain"], ["LOCK", "/a/b.git/REFS/tags/v1?x"],
  ["POST", "/a/b.git/git-receive-pac%E2%84%AA"], ["POST", "/a/b.git/%EF%BD%87it-receive-pack"], ["GET", "/info/refs?service=git-receive-pac%25E2%2584%25AA"],
])("%s %s is a push", (method, target) => {
  expect(isGitPush(method, target)).toBe(true);
});

test.each([
  ["GET", "/a/b.git/info/refs?service=git-upload-pack"], ["POST", "/a/b.git/git-upload-pack"], ["GET", "/docs/git-receive-pack"], ["POST", "/a?b=git-receive"], ["LOCK", "/dav/a.txt"], ["LOCK", "/dav/prefs/a"], ["POST", "/a%ff%e2"], ["GET", "/%zz%"],
])("%s %s is none", (method, target) => {
  expect(isGitPush(method, target)).toBe(false);
});
