/** A phone's browser as far as Node lacks it: a database, a worker that seals, and the practice's line. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";

import type { Bytes } from "../src/bytes.ts";
import { toBase64url } from "../src/bytes.ts";
import { infoFor, suite } from "../src/capsule.ts";
import type { Job } from "../src/sealer.ts";
import { makeKeys } from "../src/sign.ts";
import { begin } from "../src/session.ts";
import type { Config, Pairing } from "../src/shapes.ts";
import { keep, shelves, type Paired, type Waiting } from "../src/store.ts";
import { contract } from "./contracts.ts";

const ENC = 1120;
const TURN = 5;

interface Heard {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage: (message: unknown, hand: ArrayBuffer[]) => void;
}

/** The browser's worker, with the app's own sealer in it. `broken` workers stop at once. */
export class Sealing {
  static broken = false;
  onmessage: Heard["onmessage"] = null;
  onerror: (() => void) | null = null;

  postMessage(job: Job): void {
    if (Sealing.broken) {
      void after(TURN).then(() => this.onerror?.());
      return;
    }
    const mine = structuredClone(job, { transfer: job.do === "seal" ? [job.pixels] : [] });
    void this.work(mine);
  }

  private async work(job: Job): Promise<void> {
    await after(TURN);
    const page = globalThis as unknown as { self?: unknown };
    const inside: Heard & { onmessage: ((event: { data: Job }) => void) | null } = {
      onmessage: null,
      postMessage: (data) => this.onmessage?.({ data }),
    };
    page.self = inside;
    await import(`../src/sealer.ts?${++Sealing.count}`);
    inside.onmessage?.({ data: job });
  }

  private static count = 0;

  terminate(): void {
    return;
  }
}

Object.assign(globalThis, {
  Worker: Sealing,
  document: { visibilityState: "visible" },
});

const pairing = contract("pair").answer.body as Pairing;
const config = contract("config").answer.body as Config;
let opening: CryptoKey;

/** Begin an unlocked session on a phone that holds nothing. */
export async function freshPhone(): Promise<Paired> {
  const base = await shelves();
  for (const name of ["kept", "queue", "capsules", "gone"] as const) await base.clear(name);
  Sealing.broken = false;
  const pair = await suite().kem.generateKeyPair();
  opening = pair.privateKey;
  const key = toBase64url(new Uint8Array(await suite().kem.serializePublicKey(pair.publicKey)));
  const paired = { answer: pairing, keys: await makeKeys(), name: "Ada’s phone" };
  await keep("paired", paired);
  begin({
    paired, config: { ...config, capture_key: { id: "1", public: key } }, offline: false,
    unlockedAt: new Date().toISOString(),
  });
  return paired;
}

export interface Opened {
  row: Waiting;
  words: Record<string, unknown>;
  pixels: Bytes;
}

/** What the phone holds, opened with the practice's key. */
export async function held(): Promise<Opened[]> {
  const base = await shelves();
  const rows = await base.getAll("queue");
  return Promise.all(rows.map(async (row) => {
    const raw = await base.get("capsules", row.id);
    assert.ok(raw, "a row without its capsule");
    return { row, ...(await opened(new Uint8Array(raw))) };
  }));
}

async function opened(capsule: Bytes): Promise<{ words: Record<string, unknown>; pixels: Bytes }> {
  const n = new DataView(capsule.buffer).getUint32(4);
  const context = await suite().createRecipientContext({
    recipientKey: opening, enc: capsule.slice(8 + n, 8 + n + ENC).buffer,
    info: await infoFor(capsule.slice(8, 8 + n)),
  });
  const plain = new Uint8Array(await context.open(capsule.slice(8 + n + ENC).buffer));
  const k = new DataView(plain.buffer).getUint32(0);
  const words = JSON.parse(new TextDecoder().decode(plain.slice(4, 4 + k))) as Record<string, unknown>;
  return { words, pixels: plain.slice(4 + k) };
}

export interface Said {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
export interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Bytes;
}

/** Be the practice's server for a while. An answer of null is a line that is down. */
export function practice(answer: (call: Call) => Said | null | Promise<Said | null>): Call[] {
  const calls: Call[] = [];
  globalThis.fetch = async (path, init): Promise<Response> => {
    const call = {
      method: init?.method ?? "GET", path: path as string,
      headers: init?.headers as Record<string, string>,
      body: (init?.body as Bytes | undefined) ?? new Uint8Array(),
    };
    calls.push(call);
    const said = await answer(call);
    if (!said) throw new TypeError("no line");
    return new Response(JSON.stringify(said.body), { status: said.status, headers: said.headers ?? {} });
  };
  return calls;
}
