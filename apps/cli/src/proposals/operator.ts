import { hostname, userInfo } from "node:os";

/** Who decides, unless they say otherwise: `user@host`. */
export function operatorName(): string {
  return `${userName()}@${hostname()}`;
}

// An account may be without a name, as in some containers.
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "operator";
  }
}
