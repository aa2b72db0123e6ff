import { expect, test } from "vitest";
import { deviceMounts } from "./seal-devices.ts";

test("the bound nodes are found with the flags their mounts have", () => {
  const mountinfo = [
    "1 0 0:1 / / ro,relatime - tmpfs tmpfs ro",
    "2 1 0:5 /null /dev/null rw,nosuid,relatime - devtmpfs devtmpfs rw",
    "3 1 0:5 /tty /dev/tty rw,nosuid,noexec,noatime - devtmpfs devtmpfs rw",
    "4 1 0:6 / /dev/pts rw,nosuid,noexec - devpts devpts rw",
    "5 1 0:7 / /dev rw,nosuid - tmpfs tmpfs rw",
    "6 1 0:8 / /dev/shm rw - tmpfs tmpfs rw",
  ].join("\n");
  expect(deviceMounts(mountinfo)).toEqual([
    { path: "/dev/null", flag: 2 | 2_097_152 },
    { path: "/dev/tty", flag: 2 | 8 | 1024 },
  ]);
});
