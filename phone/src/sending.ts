/** Sending: when the outbox is emptied, and what is told to the practice in between. */

import { fromBase64 } from "./bytes.ts";
import { drain, freeOrphans, gone, isDue, look, news, onNews, toldGone } from "./outbox.ts";
import { extendsLog, readCheckpoint } from "./proofs.ts";
import * as server from "./server.ts";
import { kept, keep } from "./store.ts";

declare const APP_VERSION: string;
export const VERSION = typeof APP_VERSION === "string" ? APP_VERSION : "0";

const SHORTEST = 2000;
const LONGEST = 5 * 60_000;
const EVERY = 30_000;
const BEAT_EVERY = 60_000;

let wait = SHORTEST;
let wishes = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let awake: { release(): Promise<void> } | undefined;
export let asks: string[] = [];

function again(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void send(), ms);
}

async function stayAwake(): Promise<void> {
  try {
    awake ??= await navigator.wakeLock.request("screen");
  } catch {
    awake = undefined; // refused when hidden or unsupported: sending goes on without it
  }
}

/** Send now. After a silence it tries again by itself, later each time. */
export async function send(all = false): Promise<void> {
  try {
    await sendOnce(all);
  } catch (error) {
    again(LONGEST); // the store was closed under it: a lost phone, or a browser short of space
    if (!(error instanceof DOMException)) throw error;
  }
}

async function sendOnce(all: boolean): Promise<void> {
  const wish = ++wishes;
  await freeOrphans();
  const ready = (await look()).some((item) => (all ? item.ready : isDue(item, Date.now())));
  if (!ready) { again(EVERY); return; }
  if (document.visibilityState === "visible") void stayAwake();
  const before = news.waiting.length;
  const how = await drain({ all });
  await awake?.release().catch(() => undefined);
  awake = undefined;
  await look();
  if (how === "silent") {
    again(wait);
    wait = Math.min(LONGEST, wait * 2);
    void askForSync();
    return;
  }
  wait = SHORTEST;
  if (news.waiting.length !== before) void beat();
  again(how === "busy" || wish !== wishes ? 1000 : EVERY); // somebody wished it meanwhile: look again
}

/** Ask the browser to send when the network is back, also with the app closed (Chrome). */
async function askForSync(): Promise<void> {
  try {
    const worker = await navigator.serviceWorker.ready;
    await (worker as unknown as { sync: { register(tag: string): Promise<void> } }).sync.register("drain");
  } catch {
    return; // no background sync here: it sends when the app is open
  }
}

/** Try at once, whatever the back-off says. What was refused waits for its own time. */
export function sendNow(): Promise<void> {
  wait = SHORTEST;
  return send();
}

/** Try everything at once, because the person asks for it. */
export function sendAll(): Promise<void> {
  wait = SHORTEST;
  return send(true);
}

/** Tell the practice what this phone holds and what has gone, and check its log has only grown.
 * One at a time, as each answer proves the log from the checkpoint that was sent. */
export const beat = (): Promise<void> => navigator.locks.request("beat", tell);

async function tell(): Promise<void> {
  const paired = await kept("paired");
  if (!paired) return;
  const [held, went, checkpoint] = [await look(), await gone(), await kept("checkpoint")];
  try {
    const answer = await server.beat({
      held: held.map(({ id, sealed_at, kind }) => ({ id, sealed_at, kind })),
      gone: went,
      storage_kept: await storageKept(),
      app_version: VERSION,
      checkpoint: checkpoint ?? null,
      alarm: (await kept("alarm")) ?? "",
      shutter_count: (await kept("shutters")) ?? 0,
    });
    await toldGone(went);
    await keep("reached", new Date().toISOString());
    asks = answer.asks;
    if (answer.checkpoint) await hold(answer.checkpoint, answer.consistency);
  } catch (error) {
    if (!(error instanceof server.Silence || error instanceof server.Refused)) throw error;
  }
}

/** Keep the newest checkpoint, if it begins with the one kept. If it doesn't, the log was changed. */
export async function hold(
  signed: { text: string; signature: string },
  proof: readonly string[],
): Promise<void> {
  const paired = await kept("paired");
  if (!paired) return;
  const { audit_key, practice } = paired.answer;
  const newer = await readCheckpoint(fromBase64(audit_key), signed, practice.id);
  const older = await kept("checkpoint");
  if (!newer) return keep("alarm", "checkpoint");
  if (!older) return keep("checkpoint", newer);
  if (newer.size < older.size) return;
  if (await extendsLog(older, newer, proof)) return keep("checkpoint", newer);
  await keep("alarm", "log");
}

/** Ask the browser not to clear our storage by itself. Some can't be asked: the practice is told. */
export async function askToKeepStorage(): Promise<void> {
  try {
    await navigator.storage.persist();
  } catch {
    return;
  }
}

/** Whether the browser promised not to clear our storage by itself. */
export async function storageKept(): Promise<boolean> {
  try {
    return await navigator.storage.persisted();
  } catch {
    return false;
  }
}

/** Start: send on opening, when the network is back, after each change, and every half minute. */
let started = false;
export function startSending(): void {
  if (started) return void send();
  started = true;
  window.addEventListener("online", () => {
    void sendNow();
    void beat(); // also with nothing to send: the practice may have something to say
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void sendNow();
  });
  let before = "";
  onNews(() => {
    const ids = news.waiting.map((item) => item.id).join();
    if (ids !== before) {
      before = ids;
      void beat();
    }
  });
  setInterval(() => {
    if (document.visibilityState === "visible") void beat();
  }, BEAT_EVERY);
  void send();
  void beat();
}
