/** Roll: what was kept is never lost and never spoilt, whatever happens while it is sealed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { freshPhone, held, Sealing } from "./browser.ts";
import { makeReady } from "../src/outbox.ts";
import { endRoll, Roll, useRoll, type Shot, type Words } from "../src/roll.ts";

const PIXELS = 2000;
const WORDS: Words = { label: "Naevus", notes: "Itches", diagnosis: "", chaperone: "", recognisable: false };
const shot = (fill: number): Shot => ({
  bytes: new Uint8Array(PIXELS).fill(fill).buffer, takenAt: "2026-11-22T04:42:05.000Z", via: "photo", turn: 0,
  cover: [], quality: {}, override: "", limitReason: "", view: "", set: "",
});
const made = (fill: number) => (): Promise<Shot> => Promise.resolve(shot(fill));

function newRoll(): Roll {
  const roll = new Roll({ patient: null, visit: null, hint: { name: "Specimen, Pat", born: "1968-03-12" }, detail: null }, null);
  useRoll(roll);
  return roll;
}
async function kept(roll: Roll, ...fills: number[]): Promise<void> {
  for (const fill of fills) await roll.keep(made(fill));
}
const whole = (pixels: Uint8Array): boolean => pixels.length === PIXELS && pixels[0] !== 0 && pixels.every((one) => one === pixels[0]);

test("a lock while photos are being filed spoils none of them", async () => {
  await freshPhone();
  const roll = newRoll();
  await kept(roll, 1, 2, 3);
  const filing = roll.file(WORDS);
  const locked = endRoll();
  await Promise.all([filing, locked]);
  const found = await held();
  assert.equal(found.length, 3);
  for (const { row, words, pixels } of found) {
    assert.ok(whole(pixels), "the picture is there");
    assert.ok(row.ready, "and it goes out");
    assert.equal(words.label, "Naevus");
  }
});

test("a lock while a photo is being kept lets it go out as it is", async () => {
  await freshPhone();
  const roll = newRoll();
  const keeping = roll.keep(made(7));
  await endRoll();
  const [one] = await held();
  assert.ok(one?.row.ready && whole(one.pixels));
  await keeping;
});

test("what another page let go out keeps its first seal: the words come too late for it", async () => {
  await freshPhone();
  const roll = newRoll();
  await kept(roll, 5);
  const [before] = await held();
  await makeReady();
  await roll.file(WORDS);
  const [after] = await held();
  assert.deepEqual(after?.row, before && { ...before.row, ready: true });
  assert.equal(after?.words.label, "");
});

test("what was filed meanwhile does not come back on the phone", async () => {
  await freshPhone();
  const roll = newRoll();
  await kept(roll, 5);
  const { shelves } = await import("../src/store.ts");
  const base = await shelves();
  await base.clear("queue");
  await base.clear("capsules");
  await roll.file(WORDS);
  assert.deepEqual(await held(), []);
});

test("filing that breaks off keeps the photos in hand, and can be done again", async () => {
  await freshPhone();
  const roll = newRoll();
  await kept(roll, 1, 2);
  Sealing.broken = true;
  await assert.rejects(roll.file(WORDS));
  assert.equal(roll.frames.length, 2);
  Sealing.broken = false;
  await roll.file(WORDS);
  const found = await held();
  assert.deepEqual(found.map(({ words }) => words.label), ["Naevus", "Naevus"]);
  assert.ok(found.every(({ pixels }) => whole(pixels)));
  assert.equal(roll.frames.length, 0);
});

test("after filing that broke off, the lock lets the photos go out as they were", async () => {
  await freshPhone();
  const roll = newRoll();
  await kept(roll, 1, 2);
  Sealing.broken = true;
  await assert.rejects(roll.file(WORDS));
  await endRoll();
  const found = await held();
  assert.ok(found.every(({ row, pixels }) => row.ready && whole(pixels)));
  assert.equal(found.length, 2);
});
