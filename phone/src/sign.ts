/** Sign: the phone proves with each call that it is the phone that was paired. */

import { sha256, toBase64url, toHex, utf8, type Bytes } from "./bytes.ts";

const KIND = { name: "ECDSA", namedCurve: "P-256" } as const;

/** Make the phone's own key. It can't be exported; it identifies and can be stopped. */
export const makeKeys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(KIND, false, ["sign", "verify"]);

/** The public half, as the practice keeps it (SPKI). */
export const publicKey = async (keys: CryptoKeyPair): Promise<string> =>
  toBase64url(new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)));

/** What is signed for an ordinary call: method, path, time and body, so none can be swapped. */
export async function requestText(
  method: string,
  path: string,
  time: number,
  body: Bytes,
): Promise<string> {
  const digest = toHex(await sha256(body));
  return `safelight/request/v1\n${method}\n${path}\n${time}\n${digest}`;
}

/** What is signed for a piece of a capsule: its id and the hash of the whole. */
export const pieceText = (id: string, digest: string): string =>
  `safelight/piece/v1\n${id}\n${digest}`;

/** What a stopped phone signs with its old key when it is added again: its number and its new key. */
export const againText = (phone: string, key: string): string => `safelight/again/v1\n${phone}\n${key}`;

/** Sign a text (ECDSA P-256, SHA-256, r and s one after the other). */
export async function signText(keys: CryptoKeyPair, text: string): Promise<string> {
  const made = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, utf8(text));
  return toBase64url(new Uint8Array(made));
}
