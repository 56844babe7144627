/** Capsule: a photo or a consent, sealed so that only the practice's server can open it. */

import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { type Bytes, join, sha256, u32, utf8 } from "./bytes.ts";

export const SUITE = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM";

/** What is readable on a sealed capsule. It names nobody but the phone and the practice. */
export interface Header {
  v: 1;
  suite: typeof SUITE;
  key: string;
  practice: string;
  capture: string;
  phone: string;
  sealed_at: string;
  size: number;
}

/** The one suite of every phone: post-quantum, because backups may keep a capsule for decades. */
export const suite = (): CipherSuite =>
  new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** JSON with sorted keys and no spaces, so that the same header is always the same bytes. */
export function canonical(value: Record<string, string | number>): string {
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(value[key])}`).join(",")}}`;
}

/** What binds the clear header into the seal: a changed header is a capsule that won't open. */
export const infoFor = async (head: Bytes): Promise<Bytes> =>
  join(utf8("safelight/capture/v1\0"), await sha256(head));

/** Seal words and picture together (phone-platform, section 5). The plain copy is overwritten. */
export async function makeCapsule(
  key: Bytes,
  clear: Omit<Header, "size" | "suite" | "v">,
  meta: unknown,
  pixels: Uint8Array,
): Promise<Bytes> {
  const words = utf8(JSON.stringify(meta));
  const plain = join(u32(words.length), words, pixels);
  const head = utf8(canonical({ ...clear, v: 1, suite: SUITE, size: plain.length }));
  const chosen = suite();
  const context = await chosen.createSenderContext({
    recipientPublicKey: await chosen.kem.deserializePublicKey(key),
    info: await infoFor(head),
  });
  const sealed = new Uint8Array(await context.seal(plain));
  plain.fill(0);
  return join(utf8("SLC1"), u32(head.length), head, new Uint8Array(context.enc), sealed);
}
