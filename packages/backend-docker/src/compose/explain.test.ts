import { expect, test } from "vitest";
import { explainCompose } from "./explain.ts";

// Each as engines and compose print it: 20.10 with 1.29, and later ones.
test.each([
  ["ERROR: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network", "The Docker engine has no address range left for another network."],
  ["Error response from daemon: all predefined address pools have been fully subnetted", "The Docker engine has no address range left for another network."],
  ["ERROR: for agent  Cannot create container for service agent: mkdir /var/lib/docker/overlay2/0a: no space left on device", "The Docker engine has no space left on its disk."],
  ["Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?", "The Docker engine does not answer."],
  ["docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))", "The Docker engine does not answer."],
  ['Error response from daemon: Conflict. The container name "/bottle-x-agent" is already in use by container "d527". You have to remove it.', "A container that is not this bottle's has its name, bottle-x-agent."],
  ['ERROR: Network "bottle-x-inside" needs to be recreated - option "com.docker.network.bridge.inhibit_ipv4" has changed', "A network that is not this bottle's has its name, bottle-x-inside."],
  ["network bottle-x-inside was found but has incorrect label com.docker.compose.network set to \"\"", "A network that is not this bottle's has its name, bottle-x-inside."],
  ["Error: No such image: bottle-agent:0011", "The Docker engine has no image bottle-agent:0011. Bottle's images are built, never pulled."],
  ["Error response from daemon: No such image: sha256:1111", "The Docker engine has no image sha256:1111. Bottle's images are built, never pulled."],
  ["ERROR: for agent  Cannot create container for service agent: Unknown runtime specified runsc", "The Docker engine has no runtime runsc."],
  ["Error response from daemon: unknown or invalid runtime name: runsc", "The Docker engine has no runtime runsc."],
  ['OCI runtime start failed: starting container: setting up network: creating interfaces from net namespace "/proc/28/ns/net": cannot run with network enabled in root network namespace: unknown', "The engine's gVisor (runsc) is older than its kernel and cannot run on it."],
  ["error during container init: open /proc/sys/net/ipv6/conf/all/disable_ipv6: no such file or directory: unknown", "The engine's kernel was started without IPv6, so a container cannot be told to have none."],
])("%s", (output, message) => {
  const error = explainCompose(`Creating network\n${output}\nEncountered errors while bringing up the project.\n`, []);
  expect(error.message).toBe(message);
  expect(error.mend).not.toBe("");
});

test("what nobody knows is passed on by its last line that says something, without a secret", () => {
  const error = explainCompose("Creating x\nERROR: for agent  something with sk-12345 broke\nEncountered errors while bringing up the project.\n", ["sk-12345"]);
  expect(error).toMatchObject({ code: "launch-failed", message: "The bottle's containers could not be started: something with [secret] broke" });
});

test("no word at all is said to be none", () => {
  expect(explainCompose("\n", []).message).toBe("The bottle's containers could not be started: compose said nothing.");
});
