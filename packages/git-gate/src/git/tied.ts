import type { Command } from "./run.ts";

// Who started it holds the other end of its standard input: when that is gone, so is the program, however it went.
const script = `exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ read -r _ <&3; kill -9 $program; } >/dev/null 2>&1 & tie=$!
exec 3<&-
wait $program; status=$?
kill -9 $tie 2>/dev/null
[ $status -gt 128 ] && kill -9 $$
exit $status`;

/**
 * A program that ends with whoever started it, also if that is killed, or is a thread that is terminated: as long as its standard input is open it
 * runs, and it reads nothing of it.
 */
export function tied(command: Command): Command {
  return { ...command, isTied: true, argv: ["sh", "-c", script, "sh", ...command.argv] };
}
