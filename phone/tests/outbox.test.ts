/** Outbox: what goes out when, and on what it is let go of. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { freshPhone, practice, type Call, type Said } from "./browser.ts";
import { toBase64url, utf8 } from "../src/bytes.ts";
import { drain, isDue, look, nextPiece, store, throwAway } from "../src/outbox.ts";
import { keep, kept, shelves, type Waiting } from "../src/store.ts";

const MIB = 1024 * 1024;

test("a good line is given more at once, up to what the practice takes", () => {
  let size = MIB;
  const sizes = Array.from({ length: 5 }, () => (size = nextPiece(size, 100)));
  assert.deepEqual(sizes, [2 * MIB, 4 * MIB, 8 * MIB, 8 * MIB, 8 * MIB]);
});

test("a slow line is given less, so that a cut costs little", () => {
  assert.equal(nextPiece(8 * MIB, 4000), 4 * MIB);
  assert.equal(nextPiece(MIB, 60_000), MIB);
});

const NOON = Date.parse("2026-11-22T12:00:00Z");
const MINUTES = 60_000;
const waiting = (times: number): Waiting => ({
  id: "1", kind: "photo", sha256: "", size: 1, sealed_at: "", ready: true,
  ...(times ? { refused: { code: "no_consent", at: new Date(NOON).toISOString(), times, final: true } } : {}),
});

test("what was never refused goes at once, and what is still being labelled does not", () => {
  assert.ok(isDue(waiting(0), NOON));
  assert.ok(!isDue({ ...waiting(0), ready: false }, NOON));
});

test("what was refused rests for five minutes, then twice as long each time, a day at most", () => {
  for (const [times, rest] of [[1, 5], [2, 10], [3, 20], [12, 24 * 60], [99, 24 * 60]] as const) {
    assert.ok(!isDue(waiting(times), NOON + rest * MINUTES - 1), `after ${times}`);
    assert.ok(isDue(waiting(times), NOON + rest * MINUTES), `after ${times}`);
  }
});

test("what is no fault of the photo is tried again every half an hour", () => {
  const passing = { ...waiting(99), refused: { code: "no_room", at: new Date(NOON).toISOString(), times: 99, final: false } };
  assert.ok(!isDue(passing, NOON + 30 * MINUTES - 1));
  assert.ok(isDue(passing, NOON + 30 * MINUTES));
});

const ID = (n: number): string => `0197a000-0000-7000-8000-00000000000${n}`;
const SIGNING = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
const RECEIPT_KEY = toBase64url(new Uint8Array(await crypto.subtle.exportKey("raw", SIGNING.publicKey)));

async function put(n: number, kind: "photo" | "consent" = "photo"): Promise<void> {
  await store(new Uint8Array(50).fill(n), { id: ID(n), kind, sealed_at: `2026-11-22T0${n}:00:00.000Z`, ready: true });
}
async function receipt(state: string, item: Waiting, key = SIGNING.privateKey): Promise<unknown> {
  const text = JSON.stringify({ v: 1, state, capture: item.id, sha256: item.sha256, size: item.size, at: new Date().toISOString() });
  return { text, signature: toBase64url(new Uint8Array(await crypto.subtle.sign("Ed25519", key, utf8(text)))) };
}
async function phone(): Promise<void> {
  const paired = await freshPhone();
  await keep("paired", { ...paired, answer: { ...paired.answer, receipt_key: RECEIPT_KEY } });
}
const idOf = (call: Call): string => call.path.split("/").at(-1) ?? "";
async function rowOf(call: Call): Promise<Waiting> {
  const row = await (await shelves()).get("queue", idOf(call));
  assert.ok(row);
  return row;
}
const filed = async (call: Call): Promise<Said> => ({ status: 200, body: { receipt: await receipt("filed", await rowOf(call)) } });
const no = (status: number, code: string): Said => ({ status, body: { code, message: "No.", remedy: "" } });
const left = async (): Promise<string[]> => (await look()).map(({ id }) => id);

test("one that is slow to be filed keeps no later one waiting", async () => {
  await phone();
  await put(1);
  let asked = 0;
  const calls = practice(async (call) => {
    if (idOf(call) === ID(2)) return filed(call);
    if (call.method === "POST") return { status: 200, body: { receipt: await receipt("stored", await rowOf(call)) } };
    if (++asked === 1) await put(2);
    const done = !(await left()).includes(ID(2));
    return { status: 200, body: { state: done ? "filed" : "stored", offset: 50, receipt: await receipt(done ? "filed" : "stored", await rowOf(call)) } };
  });
  assert.equal(await drain(), "done");
  assert.deepEqual(await left(), []);
  assert.ok(calls.length < 8, "each was asked after a few times");
});

test("one that was thrown away while others went out stops none of them", async () => {
  await phone();
  await put(1);
  await put(2);
  practice(async (call) => {
    if (idOf(call) === ID(1)) await (await shelves()).delete("capsules", ID(2));
    return filed(call);
  });
  await put(3);
  assert.equal(await drain(), "done");
  assert.deepEqual(await left(), [ID(2)]);
});

test("what no later try can mend may be thrown away, anything else may not", async () => {
  await phone();
  for (const n of [1, 2, 3, 4]) await put(n);
  const answers = [no(404, "not_found"), no(409, "other_content"), no(507, "no_room"), no(404, "")];
  practice((call) => answers[Number(idOf(call).at(-1)) - 1] ?? null);
  await drain();
  assert.deepEqual((await look()).map(({ refused }) => refused?.final), [true, true, false, false]);
  for (const item of await look()) await throwAway(item);
  assert.deepEqual(await left(), [ID(3), ID(4)]);
});

test("a receipt that is not the practice's lets nothing go and is told; a true one ends the alarm", async () => {
  await phone();
  await put(1);
  const other = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  practice(async (call) => ({ status: 200, body: { receipt: await receipt("filed", await rowOf(call), other.privateKey) } }));
  await drain();
  assert.deepEqual([await left(), await kept("alarm")], [[ID(1)], "receipt"]);
  assert.deepEqual((await look()).map(({ refused }) => [refused?.code, refused?.final]), [["receipt", false]]);
  practice(filed);
  await drain({ all: true });
  assert.deepEqual([await left(), await kept("alarm")], [[], undefined]);
});

test("a phone whose clock is an hour off signs its call anew by the practice's clock", async () => {
  await phone();
  await put(1);
  const theirs = Date.now() + 3_600_000;
  const date = new Date(theirs).toUTCString();
  practice(async (call) => {
    const off = Math.abs(Number(call.headers["Safelight-Time"]) * 1000 - theirs);
    return { ...(off > 300_000 ? no(401, "clock_wrong") : await filed(call)), headers: { date } };
  });
  assert.equal(await drain(), "done");
  assert.deepEqual(await left(), []);
});
