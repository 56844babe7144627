/** Proofs: receipts that let a photo go, and checkpoints that hold the practice's log to its word. */

import { fromBase64, hashFrom, join, same, sha256, toHex, utf8, type Bytes } from "./bytes.ts";

export interface Signed {
  text: string;
  signature: string;
}
export interface Receipt {
  state: string;
  capture: string;
  sha256: string;
  size: number;
  at: string;
  place: string;
}
export interface Kept {
  size: number;
  root: string;
}

async function isSigned(key: Bytes, { text, signature }: Signed): Promise<boolean> {
  try {
    const made = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", made, fromBase64(signature), utf8(text));
  } catch {
    return false;
  }
}

/** Read a receipt the practice signed; a forged or broken one is null. */
export async function readReceipt(key: Bytes, signed: Signed): Promise<Receipt | null> {
  if (!(await isSigned(key, signed))) return null;
  try {
    const said = JSON.parse(signed.text) as Record<string, unknown>;
    if (said.v !== 1) return null;
    return {
      state: String(said.state), capture: String(said.capture), sha256: String(said.sha256),
      size: Number(said.size), at: String(said.at), place: typeof said.place === "string" ? said.place : "",
    };
  } catch {
    return null;
  }
}

/** Whether a receipt lets exactly this capture go. Only `filed` does, for these very bytes. */
export const letsGo = (
  receipt: Receipt | null,
  of: { id: string; sha256: string; size: number },
): receipt is Receipt =>
  receipt?.state === "filed" &&
  receipt.capture === of.id &&
  receipt.sha256 === of.sha256 &&
  receipt.size === of.size;

/** Read a signed checkpoint of this practice's log; anything else is null. */
export async function readCheckpoint(
  key: Bytes,
  signed: Signed,
  practice: string,
): Promise<Kept | null> {
  if (!(await isSigned(key, signed))) return null;
  const [name, size, root, end] = signed.text.split("\n");
  if (name !== `safelight/audit/v1/${practice}` || end !== "" || !/^\d+$/.test(size ?? "")) {
    return null;
  }
  try {
    return { size: Number(size), root: toHex(hashFrom(root ?? "")) };
  } catch {
    return null;
  }
}

const node = (left: Bytes, right: Bytes): Promise<Bytes> =>
  sha256(join(Uint8Array.of(1), left, right));

function isPower(n: number): boolean {
  let rest = n;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

/** Whether the newer tree begins with the older one (RFC 9162, section 2.1.4.2). */
export async function extendsLog(older: Kept, newer: Kept, proof: readonly string[]): Promise<boolean> {
  if (older.size < 1 || older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && older.root === newer.root;
  let path: Bytes[];
  try {
    path = proof.map(hashFrom);
  } catch {
    return false;
  }
  const before = hashFrom(older.root);
  if (isPower(older.size)) path = [before, ...path];
  const [first, ...rest] = path;
  if (!first) return false;
  let place = older.size - 1;
  let last = newer.size - 1;
  while (place % 2 === 1) [place, last] = [(place - 1) / 2, Math.floor(last / 2)];
  let [foundOld, foundNew] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      foundOld = await node(sibling, foundOld);
      foundNew = await node(sibling, foundNew);
      while (place !== 0 && place % 2 === 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      foundNew = await node(foundNew, sibling);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  return last === 0 && same(foundOld, before) && toHex(foundNew) === newer.root;
}
