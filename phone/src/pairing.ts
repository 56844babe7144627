/** Pairing: this phone joins the practice, after checking that it is the right practice. */

import { fingerprint, fromBase64, readCode, shortMark } from "./bytes.ts";
import * as server from "./server.ts";
import { look } from "./outbox.ts";
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

const MOST_OFFERED = 4;
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

/** That this phone is the one it was: what it still holds was sealed under that number. The key is kept
 * before it is offered, as the practice may take it and its answer never come. */
async function whoItWas(keys: CryptoKeyPair, key: string): Promise<object> {
  const before = await kept("before");
  if (!before) return {};
  const offered = (await kept("offered")) ?? [];
  await keep("offered", [...offered, keys].slice(-MOST_OFFERED));
  const phone = before.answer.phone_id;
  const [signature, ...others] = await Promise.all(
    [before.keys, ...offered].map((each) => signText(each, againText(phone, key))));
  return { before: { phone, signature, others } };
}

/** The practice has stopped this phone: it may come back as the same one, by a new code. */
export async function setAside(): Promise<void> {
  const paired = await kept("paired");
  if (!paired) return;
  await keep("before", paired);
  await forget("offered");
  await forget("paired");
}

/** What this phone was, if it holds what was sealed then and the practice now takes it for another. */
export async function strandedBy(paired: Paired): Promise<{ before: Paired; count: number } | null> {
  const before = await kept("before");
  const count = (await look()).length;
  return before && count && before.answer.phone_id !== paired.answer.phone_id ? { before, count } : null;
}

/** Ask to join. Nothing is set up by it: two people may have marks to compare first. */
export async function join(code: Code, about: About): Promise<Joined> {
  const keys = await keysThatStay();
  if (!keys) return { failed: NO_KEYS };
  try {
    const key_text = await publicKey(keys);
    const answer = await server.pair({
      code: code.code, ...about, public_key: key_text, app_version: VERSION, ...(await whoItWas(keys, key_text)),
    });
    const key = fromBase64(answer.capture_key.public);
    if (code.mark !== null && (await fingerprint(key)) !== code.mark) return { failed: MISMATCH };
    return { paired: { answer, keys, name: about.name }, mark: await shortMark(key) };
  } catch (error) {
    if (error instanceof server.Silence) return { failed: "The practice server didn’t answer. Join the practice’s network and try again." };
    if (error instanceof server.Refused) return { failed: [error.message, error.remedy].filter(Boolean).join(" ") };
    throw error;
  }
}

/** Set this phone up: from now on it is the practice's. It goes on watching over the practice's log, or
 * begins anew where that belongs to another practice or was found wrong and is told. */
export async function takeUp(paired: Paired): Promise<void> {
  const before = await kept("before");
  if (before?.answer.practice.id !== paired.answer.practice.id || (await kept("alarm"))) {
    await forget("checkpoint");
    await forget("alarm");
  }
  await keep("paired", paired);
  await forget("before");
  await forget("offered");
  useZone(paired.answer.practice.zone);
  if (paired.answer.checkpoint && !(await kept("checkpoint"))) await hold(paired.answer.checkpoint, []);
  await askToKeepStorage();
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
