import type { SecretPattern } from "../pattern.ts";
import { decodeBase58Check } from "./checksum.ts";
import { isRandomHex } from "./shape.ts";

/** Private keys of cryptocurrencies. */
export const walletPatterns: readonly SecretPattern[] = [
  // Base58Check of 0x80 (0xef on test networks), 32 bytes and, for a compressed public key, 0x01.
  {
    id: "bitcoin-wif", title: "Bitcoin private key (WIF)", severity: "critical",
    literals: ["5h", "5j", "5k", "kw", "kx", "ky", "kz", "l1", "l2", "l3", "l4", "l5", "91", "92", "93", "cm", "cn", "cp", "cq", "cr", "cs", "ct", "cu", "cv"], isToken: true,
    regexp: /(?<![A-Za-z0-9])(?:(?:5[HJK]|9[1-3])[1-9A-HJ-NP-Za-km-z]{49}|(?:K[w-z]|L[1-5]|c[M-V])[1-9A-HJ-NP-Za-km-z]{50})(?![A-Za-z0-9])/g, check: isWif,
  },
  {
    id: "extended-private-key", title: "BIP-32 extended private key", severity: "critical", literals: ["xprv", "yprv", "zprv", "tprv"],
    regexp: /[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107,108}/g, check: (match) => decodeBase58Check(match)?.length === 78,
  },
  {
    id: "ethereum-private-key", title: "Ethereum private key beside its name", severity: "critical",
    literals: ["private_key", "privatekey", "private-key", "private key", "secret_key", "secretkey", "wallet", "deployer"],
    regexp: /(?:private[_ -]?key|secret_?key|wallet(?:_?key)?|deployer(?:_?key)?)[^0-9A-Za-z]{1,12}(?:0x)?[0-9a-f]{64}(?![0-9a-f])/gi,
    check: (match) => isRandomHex(match.slice(-64)),
  },
];

function isWif(match: string): boolean {
  const payload = decodeBase58Check(match);
  if (payload === undefined || (payload[0] !== 0x80 && payload[0] !== 0xef)) return false;
  return payload.length === 33 || (payload.length === 34 && payload[33] === 1);
}
