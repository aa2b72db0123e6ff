// The types of node-forge name no single part of it.
declare module "node-forge/lib/asn1.js" {
  import type forge from "node-forge";

  const part: typeof forge.asn1;
  export default part;
}
