import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical, infoFor, makeCapsule, suite, SUITE } from "../src/capsule.ts";
import type { Bytes } from "../src/bytes.ts";

const clear = { key: "1", practice: "p", capture: "c", phone: "f", sealed_at: "2026-11-22T04:42:05.000Z" };
const ENC = 1120;

async function opened(capsule: Bytes, key: CryptoKey): Promise<{ header: unknown; meta: unknown; pixels: Bytes }> {
  const n = new DataView(capsule.buffer).getUint32(4);
  const head = capsule.slice(8, 8 + n);
  const context = await suite().createRecipientContext({
    recipientKey: key, enc: capsule.slice(8 + n, 8 + n + ENC).buffer, info: await infoFor(head),
  });
  const plain = new Uint8Array(await context.open(capsule.slice(8 + n + ENC).buffer));
  const k = new DataView(plain.buffer).getUint32(0);
  const text = (bytes: Bytes): unknown => JSON.parse(new TextDecoder().decode(bytes));
  return { header: text(head), meta: text(plain.slice(4, 4 + k)), pixels: plain.slice(4 + k) };
}

async function sealed(): Promise<{ capsule: Bytes; key: CryptoKey; pixels: Bytes }> {
  const pair = await suite().kem.generateKeyPair();
  const key = new Uint8Array(await suite().kem.serializePublicKey(pair.publicKey));
  const pixels = crypto.getRandomValues(new Uint8Array(5000));
  const capsule = await makeCapsule(key, clear, { label: "CANARY Élan" }, pixels);
  return { capsule, key: pair.privateKey, pixels };
}

test("what is sealed opens with the practice's key, words and pixels alike", async () => {
  const { capsule, key, pixels } = await sealed();
  const found = await opened(capsule, key);
  assert.deepEqual(found.meta, { label: "CANARY Élan" });
  assert.deepEqual(found.pixels, pixels);
  assert.equal((found.header as { suite: string }).suite, SUITE);
});

test("the size in the header is the size of what is inside", async () => {
  const { capsule, key, pixels } = await sealed();
  const { header, meta } = await opened(capsule, key);
  const words = new TextEncoder().encode(JSON.stringify(meta)).length;
  assert.equal((header as { size: number }).size, 4 + words + pixels.length);
});

test("a capsule shows no word and no pixel of its content", async () => {
  const { capsule, pixels } = await sealed();
  const raw = Buffer.from(capsule);
  assert.equal(raw.indexOf("CANARY"), -1);
  assert.equal(raw.indexOf(Buffer.from(pixels.slice(0, 16))), -1);
});

test("a changed header is a capsule that does not open", async () => {
  const { capsule, key } = await sealed();
  capsule[20] = (capsule[20] ?? 0) ^ 1;
  await assert.rejects(opened(capsule, key));
});

test("the header's JSON has its keys in order and no spaces", () => {
  assert.equal(canonical({ b: 1, a: "x" }), '{"a":"x","b":1}');
});
