/** Store: all that stays on the phone. Capsules and their numbers, the pairing, the practice's settings. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Config, Pairing } from "./shapes.ts";
import type { Kept } from "./proofs.ts";

/** One waiting capsule, without a word about whom or what it shows. */
export interface Waiting {
  id: string;
  kind: "photo" | "consent";
  sha256: string;
  size: number;
  sealed_at: string;
  ready: boolean;
  refused?: Refusal;
}
/** That the practice said no: by which code, when, how often, and whether no later try can mend it:
 * then a person may throw it away. */
export interface Refusal {
  code: string;
  at: string;
  times: number;
  final: boolean;
}
export interface Gone {
  id: string;
  at: string;
}
/** What pairing left behind. The key pair signs and can't be exported; it guards no content. */
export interface Paired {
  answer: Pairing;
  keys: CryptoKeyPair;
  name: string;
}
export interface Values {
  paired: Paired;
  before: Paired;
  offered: CryptoKeyPair[];
  trial: CryptoKeyPair;
  config: Config;
  checkpoint: Kept;
  credential: { id: string; person: string };
  filed: { at: string; tookMs: number };
  shutters: number;
  checked: string;
  alarm: string;
  reached: string;
}
interface Shelves extends DBSchema {
  kept: { key: string; value: Values[keyof Values] };
  queue: { key: string; value: Waiting };
  capsules: { key: string; value: ArrayBuffer };
  gone: { key: string; value: Gone };
}

let opened: Promise<IDBPDatabase<Shelves>> | undefined;

/** Open the database once, and once more when the browser has closed or cleared it. */
export function shelves(): Promise<IDBPDatabase<Shelves>> {
  opened ??= openDB<Shelves>("safelight", 1, {
    terminated() {
      opened = undefined;
    },
    upgrade(db) {
      db.createObjectStore("kept");
      db.createObjectStore("queue", { keyPath: "id" });
      db.createObjectStore("capsules");
      db.createObjectStore("gone", { keyPath: "id" });
    },
  });
  return opened;
}

/** Read one kept value. */
export async function kept<K extends keyof Values>(key: K): Promise<Values[K] | undefined> {
  return (await (await shelves()).get("kept", key)) as Values[K] | undefined;
}

/** Keep one value; it is on the disk when this returns. */
export async function keep<K extends keyof Values>(key: K, value: Values[K]): Promise<void> {
  const change = (await shelves()).transaction("kept", "readwrite", { durability: "strict" });
  await Promise.all([change.store.put(value, key), change.done]);
}

/** Forget one kept value. */
export async function forget(key: keyof Values): Promise<void> {
  await (await shelves()).delete("kept", key);
}

/** Forget everything: this phone was reported lost. */
export async function forgetAll(): Promise<void> {
  opened = undefined;
  const change = (await shelves()).transaction(["kept", "queue", "capsules", "gone"], "readwrite");
  await Promise.all([
    ...(["kept", "queue", "capsules", "gone"] as const).map((name) => change.objectStore(name).clear()),
    change.done,
  ]);
}
