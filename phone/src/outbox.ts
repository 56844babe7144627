/** Outbox: what waits to arrive. A capsule leaves only against a receipt for exactly its bytes. */

import { fromBase64, sha256, toHex, type Bytes } from "./bytes.ts";
import { letsGo, readReceipt, type Signed } from "./proofs.ts";
import * as server from "./server.ts";
import { forget, kept, keep, shelves, type Gone, type Refusal, type Waiting } from "./store.ts";

const SMALLEST_PIECE = 1024 * 1024;
const LARGEST_PIECE = 8 * SMALLEST_PIECE;
const QUICK = 500;
const FIRST_WAIT = 300;
const LONGEST_WAIT = 5000;
const PATIENCE_TO_FILE = 90_000;
const FIRST_REST = 5 * 60_000;
const LONGEST_REST = 24 * 3_600_000;
const LONGEST_PASSING = 30 * 60_000;
const TOO_LARGE = 413;
/** What no later try can mend: another photo has this number, or this phone has another by now. */
const FOR_GOOD = new Set(["other_content", "not_found"]);
const BAD_RECEIPT = "receipt";
const UNSIGNED = "The practice’s receipt for it could not be verified, so it stays here.";

export interface News {
  waiting: Waiting[];
  sending: { id: string; sent: number; size: number } | null;
  refusals: Map<string, { code: string; message: string }>;
  arrived: Set<string>;
}
export const REFUSED = "The practice did not file it.";
export const news: News = { waiting: [], sending: null, refusals: new Map(), arrived: new Set() };

const listeners = new Set<() => void>();
/** Be told of every change, until the signal ends. */
export function onNews(tell: () => void, signal?: AbortSignal): void {
  listeners.add(tell);
  signal?.addEventListener("abort", () => listeners.delete(tell));
}
function changed(): void {
  for (const tell of listeners) tell();
}

/** Read what waits, oldest first. */
export async function look(): Promise<Waiting[]> {
  const found = await (await shelves()).getAll("queue");
  news.waiting = found.sort((a, b) => a.sealed_at.localeCompare(b.sealed_at));
  changed();
  return news.waiting;
}

/** Put a capsule away. It is on the disk when this returns.
 * `again` puts it over the older seal of the same id: only while that is held back, for the practice
 * takes one content under one number. What is on its way or gone already stays as it was. */
export async function store(
  capsule: Bytes,
  about: Pick<Waiting, "id" | "kind" | "sealed_at" | "ready">,
  again = false,
): Promise<void> {
  const digest = toHex(await sha256(capsule));
  const item: Waiting = { ...about, sha256: digest, size: capsule.length };
  const change = (await shelves()).transaction(["queue", "capsules"], "readwrite", { durability: "strict" });
  const before = await change.objectStore("queue").get(item.id);
  if (again ? before?.ready === false : !before) {
    await Promise.all([
      change.objectStore("queue").put(item),
      change.objectStore("capsules").put(capsule.buffer, item.id),
    ]);
  }
  await change.done;
  await look();
}

/** The name of the lock by which a page has a photo in hand that is still being labelled. */
const handOf = (id: string): string => `hand:${id}`;

/** Take a photo in hand until it is let go of, or its page ends. */
export const takeInHand = (id: string): Promise<() => void> =>
  new Promise((taken) => {
    void navigator.locks.request(handOf(id), () => new Promise<void>((letGo) => taken(letGo)));
  });

/** Let go out as it is what no page has in hand any more: it was shut while somebody labelled. */
export async function freeOrphans(): Promise<void> {
  const back = (await look()).filter((item) => !item.ready);
  if (!back.length) return;
  const hands = new Set((await navigator.locks.query()).held?.map(({ name }) => name));
  await makeReady(back.filter(({ id }) => !hands.has(handOf(id))).map(({ id }) => id));
}

/** Let these go out as they are: they arrive without their words and are labelled at the desk. */
export async function makeReady(ids?: readonly string[]): Promise<void> {
  const change = (await shelves()).transaction("queue", "readwrite", { durability: "strict" });
  for (const item of await change.store.getAll()) {
    if (!item.ready && (!ids || ids.includes(item.id))) await change.store.put({ ...item, ready: true });
  }
  await change.done;
  await look();
}

/** How long a refused item rests: longer each time, for a day at most, or for half an hour where
 * it was no fault of the item. */
const rest = ({ times, final }: Refusal): number =>
  Math.min(final ? LONGEST_REST : LONGEST_PASSING, FIRST_REST * 2 ** (times - 1));

/** Whether an item goes out by itself now. */
export const isDue = ({ ready, refused }: Waiting, now: number): boolean =>
  ready && (!refused || now - Date.parse(refused.at) >= rest(refused));

const isConsent = ({ kind }: Waiting): boolean => kind === "consent";

async function refuse(item: Waiting, refusal: { code: string; message: string }, final: boolean): Promise<void> {
  news.arrived.delete(item.id);
  news.refusals.set(item.id, refusal);
  const change = (await shelves()).transaction("queue", "readwrite", { durability: "strict" });
  const row = await change.store.get(item.id);
  const times = (row?.refused?.times ?? 0) + 1;
  if (row) await change.store.put({ ...row, refused: { code: refusal.code, at: new Date().toISOString(), times, final } });
  await change.done;
  await look();
}

/** What this code kept out may go in now: it is sent again without waiting. */
export async function mended(code: string): Promise<void> {
  const change = (await shelves()).transaction("queue", "readwrite", { durability: "strict" });
  for (const { refused, ...row } of await change.store.getAll()) {
    if (refused?.code === code) await change.store.put(row);
  }
  await change.done;
  await look();
}

/** Throw away what the practice has refused for good. It exists nowhere else: the person was asked. */
export async function throwAway(item: Waiting): Promise<void> {
  if (item.refused?.final) await drop(item, new Date().toISOString());
}

/** Drop a capsule that was thrown away, or whose receipt came. */
async function drop(item: Waiting, at: string): Promise<void> {
  const change = (await shelves()).transaction(["queue", "capsules", "gone"], "readwrite", { durability: "strict" });
  const gone: Gone = { id: item.id, at };
  await Promise.all([
    change.objectStore("queue").delete(item.id),
    change.objectStore("capsules").delete(item.id),
    change.objectStore("gone").put(gone),
    change.done,
  ]);
  news.arrived.delete(item.id);
  news.refusals.delete(item.id);
  await look();
}

/** What has gone from here and the practice has not been told yet. */
export const gone = async (): Promise<Gone[]> => (await shelves()).getAll("gone");

/** The practice knows of these. */
export async function toldGone(list: readonly Gone[]): Promise<void> {
  const change = (await shelves()).transaction("gone", "readwrite");
  await Promise.all([...list.map(({ id }) => change.store.delete(id)), change.done]);
}

/** How much goes in one piece. A good line is given more at once; after a silence it starts small. */
let pieceSize = SMALLEST_PIECE;

/** The next piece's size, by how long the last took. */
export const nextPiece = (size: number, tookMs: number): number =>
  tookMs < QUICK ? Math.min(LARGEST_PIECE, size * 2) : Math.max(SMALLEST_PIECE, size / 2);

/** One item as it lies here now, row and capsule of one moment; null if it is gone meanwhile. */
async function pick(id: string): Promise<{ item: Waiting; capsule: ArrayBuffer } | null> {
  const both = (await shelves()).transaction(["queue", "capsules"]);
  const [item, capsule] = await Promise.all([
    both.objectStore("queue").get(id), both.objectStore("capsules").get(id),
  ]);
  return item && capsule ? { item, capsule } : null;
}

async function upload(item: Waiting, capsule: ArrayBuffer): Promise<Signed | null> {
  const about = { size: item.size, sha256: item.sha256, sealed_at: item.sealed_at, kind: item.kind };
  let { offset, receipt } = await server.announce(item.id, about);
  while (!receipt) {
    news.sending = { id: item.id, sent: Math.max(0, offset), size: item.size };
    changed();
    if (offset < 0 || offset >= item.size) return null;
    const raw = new Uint8Array(capsule.slice(offset, offset + pieceSize));
    const begun = performance.now();
    ({ offset, receipt } = await server.piece(item.id, item.sha256, offset, raw));
    pieceSize = nextPiece(pieceSize, performance.now() - begun);
  }
  return receipt;
}

/** Take a receipt to heart. True when nothing more is to be asked now: it let the capsule go, or it
 * was not the practice's. */
async function settle(item: Waiting, signed: Signed | null): Promise<boolean> {
  const paired = await kept("paired");
  if (!signed || !paired) return false;
  const receipt = await readReceipt(fromBase64(paired.answer.receipt_key), signed);
  const alarm = await kept("alarm");
  if (!receipt) {
    if (!alarm) await keep("alarm", BAD_RECEIPT);
    await refuse(item, { code: BAD_RECEIPT, message: UNSIGNED }, false);
    return true;
  }
  if (alarm === BAD_RECEIPT) await forget("alarm"); // it was mended
  if (receipt.state === "stored" && receipt.capture === item.id) {
    news.arrived.add(item.id);
    changed();
  }
  if (!letsGo(receipt, item)) return false;
  const now = new Date();
  await drop(item, now.toISOString());
  if (item.kind === "consent") await mended("no_consent");
  else {
    const tookMs = Math.max(0, now.getTime() - Date.parse(receipt.at));
    await keep("filed", { at: now.toISOString(), tookMs });
  }
  return true;
}

export const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

/** Send one item. What arrived and is not filed yet is returned. */
async function sendOne(id: string): Promise<Waiting | null> {
  const found = await pick(id);
  if (!found) return null;
  const { item, capsule } = found;
  try {
    const receipt = await upload(item, capsule);
    news.refusals.delete(id);
    return (await settle(item, receipt)) ? null : item;
  } catch (error) {
    if (!(error instanceof server.Refused) || error.status === 401) throw error;
    await refuse(item, error, error.status === TOO_LARGE || FOR_GOOD.has(error.code));
    return null;
  } finally {
    news.sending = null;
    changed();
  }
}

/** Ask once how far these have come; return those that are not filed yet. */
async function askAfter(stored: readonly Waiting[]): Promise<Waiting[]> {
  const left: Waiting[] = [];
  for (const item of stored) {
    const { state, receipt, refused } = await server.captureState(item.id);
    if (await settle(item, receipt)) continue;
    if (state === "refused") await refuse(item, refused ?? { code: "refused", message: REFUSED }, true);
    else left.push(item);
  }
  return left;
}

/** Send what is due, and what becomes due meanwhile: one that is slow to be filed keeps no other. */
async function once(all: boolean): Promise<void> {
  const tried = new Set<string>();
  let stored: Waiting[] = [];
  let [wait, deadline] = [FIRST_WAIT, 0];
  for (;;) {
    const fresh = (await look()).filter((item) =>
      !tried.has(item.id) && (all ? item.ready : isDue(item, Date.now())));
    const [consents, photos] = [fresh.filter(isConsent), fresh.filter((item) => !isConsent(item))];
    for (const { id } of [...consents, ...photos]) {
      tried.add(id);
      const arrived = await sendOne(id);
      if (arrived) stored.push(arrived);
    }
    if (fresh.length) [wait, deadline] = [FIRST_WAIT, Date.now() + PATIENCE_TO_FILE];
    stored = await askAfter(stored);
    if (stored.length ? Date.now() >= deadline : !fresh.length) return;
    if (stored.length) await pause(wait);
    wait = Math.min(LONGEST_WAIT, wait * 1.5);
  }
}

/** Send what waits, oldest first, one drain at a time over all tabs and workers.
 * `all` is a person's wish: what was refused a moment ago goes again as well.
 * `inTurn` waits for a drain that runs: its page may be shut before it is through. */
export async function drain(
  { all = false, inTurn = false }: { all?: boolean; inTurn?: boolean } = {},
): Promise<"done" | "silent" | "busy" | "stopped"> {
  const run = async (lock: Lock | null): Promise<"done" | "silent" | "busy" | "stopped"> => {
    if (!lock) return "busy";
    try {
      await once(all);
      return "done";
    } catch (error) {
      if (error instanceof server.Silence) {
        pieceSize = SMALLEST_PIECE;
        return "silent";
      }
      if (error instanceof server.Refused && error.status === 401) return "stopped";
      throw error;
    }
  };
  return navigator.locks.request("drain", { ifAvailable: !inTurn }, run);
}
