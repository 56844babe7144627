/** Outbox: how much of a capsule goes in one piece. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextPiece } from "../src/outbox.ts";

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
