/** Pairing: this phone joins the practice, after checking that it is the right practice. */

import { fingerprint, fromBase64, readCode, shortMark } from "./bytes.ts";
import * as server from "./server.ts";
import { askToKeepStorage, hold, VERSION } from "./sending.ts";
import { againText, makeKeys, publicKey, signText } from "./sign.ts";
import { forget, keep, kept, type Paired } from "./store.ts";
import { useZone } from "./words.ts";

export interface Code {
  code: string;
  /** The key's fingerprint from the QR; a typed code has none, so two people compare a mark. */
  mark: string | null;
}

/** Read the text of a QR code. Another site's code is not ours. */
export function readPairingText(text: string, origin: string): Code | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const said = new URLSearchParams(url.hash.slice(1));
  const [code, mark] = [said.get("c"), said.get("f")];
  if (url.origin !== origin || url.pathname !== "/pair" || !code || !mark) return null;
  return { code, mark };
}

/** Read a typed code: 10 letters and digits, however they were grouped. */
export function readTyped(typed: string): Code | null {
  const code = readCode(typed);
  return code.length === 10 ? { code: `${code.slice(0, 5)}-${code.slice(5)}`, mark: null } : null;
}

export interface About {
  name: string;
  model: string;
  platform: string;
  imei: string;
  declared: { backup_off: boolean; updated: boolean };
}
export type Joined = { paired: Paired; mark: string } | { failed: string };

const MISMATCH =
  "The key on the screen is not the key the server gave. Nothing was set up. Tell the practice’s IT person before you try again.";
const NO_KEYS =
  "This browser can’t keep a phone key (a private tab, or Lockdown Mode). Open Safelight from its icon and try again.";

/** Whether this browser can keep the phone's key at all; a key that is lost would be a lost phone. */
async function keysThatStay(): Promise<CryptoKeyPair | null> {
  try {
    const keys = await makeKeys();
    await keep("trial", keys);
    return (await kept("trial"))?.privateKey ? keys : null;
  } catch {
    return null;
  } finally {
    await forget("trial").catch(() => undefined);
  }
}

/** That this phone is the one that was stopped: what it still holds was sealed under that number. */
async function whoItWas(key: string): Promise<object> {
  const before = await kept("before");
  if (!before) return {};
  const phone = before.answer.phone_id;
  return { before: { phone, signature: await signText(before.keys, againText(phone, key)) } };
}

/** The practice has stopped this phone: it may come back as the same one, by a new code. */
export async function setAside(): Promise<void> {
  const paired = await kept("paired");
  if (paired) await keep("before", paired);
  await forget("paired");
}

/** Join. Nothing stays on the phone unless the server's key is the one that was scanned. */
export async function join(code: Code, about: About): Promise<Joined> {
  const keys = await keysThatStay();
  if (!keys) return { failed: NO_KEYS };
  let paired: Paired | undefined;
  try {
    const key_text = await publicKey(keys);
    const answer = await server.pair({
      code: code.code, ...about, public_key: key_text, app_version: VERSION, ...(await whoItWas(key_text)),
    });
    const key = fromBase64(answer.capture_key.public);
    if (code.mark !== null && (await fingerprint(key)) !== code.mark) return { failed: MISMATCH };
    paired = { answer, keys, name: about.name };
    await keep("paired", paired);
    await forget("before");
    useZone(answer.practice.zone);
    if (answer.checkpoint) await hold(answer.checkpoint, []);
    await askToKeepStorage();
    return { paired, mark: await shortMark(key) };
  } catch (error) {
    if (error instanceof server.Silence) return { failed: "The practice server didn’t answer. Join the practice’s network and try again." };
    if (error instanceof server.Refused) return { failed: [error.message, error.remedy].filter(Boolean).join(" ") };
    throw error;
  } finally {
    if (!paired) await forget("paired");
  }
}

/** Whether an IMEI's last digit fits the others (Luhn, 3GPP TS 23.003 annex B). */
export function imeiFits(typed: string): boolean {
  const digits = typed.replace(/\D/g, "");
  if (digits.length !== 15) return false;
  const sum = digits.split("").reduce((total, letter, i) => {
    const twice = i % 2 === 1 ? Number(letter) * 2 : Number(letter);
    return total + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0;
}
