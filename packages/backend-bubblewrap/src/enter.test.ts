import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { closeInherited, encodePayload, enterCommand, entryProgram } from "./enter.ts";

test("perl reads the payload back byte for byte", () => {
  const payload = encodePayload({ cwd: "/w", ownSession: true, filter: Uint8Array.of(0, 255, 10), env: { A: "é\n" }, argv: ["/bin/x", ""] });
  const out = execFileSync("perl", ["-e", `binmode STDIN; local $/; print join("|", map { unpack("H*", $_) } unpack("(N/a*)*", <STDIN>))`], { input: payload });
  expect(out.toString()).toBe(["/w", "1"].map(hex).concat("00ff0a", hex("1"), hex("A"), hex("é\n"), hex("/bin/x"), "").join("|"));
});

test.each(["x64", "arm64"] as const)("the entry program is perl that compiles (%s)", (arch) => {
  expect(() => execFileSync("perl", ["-c", "-e", entryProgram(arch)], { stdio: "pipe" })).not.toThrow();
});

test.each([["nothing", ""], ["no filter", encodePayload({ cwd: "/", ownSession: false, filter: new Uint8Array(), env: {}, argv: ["/bin/true"] })]])(
  "with %s in the payload nothing runs and the exit is 126", (_, payload) => {
    const run = (): Buffer => execFileSync("sh", ["-c", `exec 3<&0; perl -e '${entryProgram("x64").replaceAll("'", `'\\''`)}'`], { input: payload, stdio: ["pipe", "pipe", "pipe"] });
    expect(run).toThrow(expect.objectContaining({ status: 126 }));
  },
);

test("the relay's namespaces are joined by nsenter, the bottle's by perl, its user namespace last", () => {
  const command = enterCommand({ relay: 7, first: 9 }, "x64");
  expect(command.slice(0, -2)).toEqual(["nsenter", "--target", "7", "--user", "--net", "--preserve-credentials", "--", "/usr/bin/perl", "-e"]);
  expect(command.at(-2)).toContain("qw(ipc uts cgroup pid mnt user)");
  expect(command.at(-1)).toBe("9");
});

test("a descriptor that somebody left open is closed", () => {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const show = `opendir(my $d, "/proc/self/fd"); print scalar grep { $_ eq "9" } readdir $d`;
  const count = (program: string): string => execFileSync("sh", ["-c", `exec 9< /; exec perl -e "$1"`, "sh", program]).toString();
  expect(count(show)).toBe("1");
  expect(count(`${closeInherited(arch)} ${show}`)).toBe("0");
});

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
