/** Bytes: the few conversions that sealing, signing and proofs share. */

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Text as UTF-8. */
export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Put pieces one after another. */
export function join(...pieces: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A number in 4 bytes, largest first. */
export function u32(n: number): Bytes {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, n);
  return four;
}

/** Bytes as base64url without padding (RFC 4648, section 5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Read base64 or base64url. Anything else throws. */
export function fromBase64(text: string): Bytes {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Bytes as lower-case hex. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Read a 32-byte hash written in hex or in base64. */
export function hashFrom(text: string): Bytes {
  const bytes = /^[0-9a-f]{64}$/.test(text)
    ? Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    : fromBase64(text);
  if (bytes.length !== 32) throw new Error("not a hash");
  return bytes;
}

/** SHA-256. */
export async function sha256(bytes: BufferSource): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Whether two byte strings are the same. */
export const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** A new UUIDv7 (RFC 9562, section 5.7): milliseconds first, the rest random. */
export function newId(now = Date.now()): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) b[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x70;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(b);
  return [8, 4, 4, 4, 12].reduce<string[]>((parts, n) => {
    const at = parts.reduce((sum, part) => sum + part.length, 0);
    return [...parts, hex.slice(at, at + n)];
  }, []).join("-");
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** What a QR code carries of the sealing key: the first 16 bytes of its SHA-256. */
export const fingerprint = async (key: BufferSource): Promise<string> =>
  toBase64url((await sha256(key)).slice(0, 16));

/** The key's mark that two people compare by eye: 8 letters, "9HWF-TBT5". */
export async function shortMark(key: BufferSource): Promise<string> {
  const digest = await sha256(key);
  let n = 0n;
  for (const byte of digest.slice(0, 5)) n = (n << 8n) | BigInt(byte);
  let letters = "";
  for (let i = 7; i >= 0; i--) letters += CROCKFORD[Number((n >> BigInt(5 * i)) & 31n)] ?? "";
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** A typed code as the server reads it: look-alike letters mended, no dash (Crockford base32). */
export const readCode = (typed: string): string =>
  typed.toUpperCase().replace(/[^0-9A-Z]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
