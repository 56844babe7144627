import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprint, fromBase64, hashFrom, newId, readCode, shortMark, toBase64url, toHex } from "../src/bytes.ts";
import { contract } from "./contracts.ts";

test("an id is a UUIDv7 and sorts by its time", () => {
  const [a, b] = [newId(1_000_000_000_000), newId(1_000_000_000_001)];
  assert.match(a, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(a < b);
  assert.notEqual(newId(5), newId(5));
});

test("base64url goes there and back, and padding is not needed", () => {
  const bytes = Uint8Array.from({ length: 70 }, (_, i) => (i * 37) % 256);
  assert.deepEqual(fromBase64(toBase64url(bytes)), bytes);
  assert.doesNotMatch(toBase64url(bytes), /[+/=]/);
});

test("a hash is read from hex and from base64, and nothing else is one", () => {
  const hash = new Uint8Array(32).fill(7);
  assert.deepEqual(hashFrom(toHex(hash)), hash);
  assert.deepEqual(hashFrom(Buffer.from(hash).toString("base64")), hash);
  assert.throws(() => hashFrom("abcd"));
});

test("the fingerprint and the mark are those the contract names", async () => {
  const pair = contract("pair");
  const key = fromBase64((pair.answer.body as { capture_key: { public: string } }).capture_key.public);
  assert.equal(key.length, 1216);
  assert.ok(pair.note?.includes(`f is ${await fingerprint(key)}.`));
  assert.ok(pair.note?.includes(await shortMark(key)));
});

test("a typed code is read whatever its case and look-alike letters", () => {
  assert.equal(readCode(" o1il-abc "), "0111ABC");
});
