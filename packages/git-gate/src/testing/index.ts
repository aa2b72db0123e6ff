export { startSshd, type Sshd } from "./start-sshd.ts";
