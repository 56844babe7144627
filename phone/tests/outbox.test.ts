/** Outbox: how much of a capsule goes in one piece. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { isDue, nextPiece } from "../src/outbox.ts";
import type { Waiting } from "../src/store.ts";

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
