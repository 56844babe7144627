/** Pairing: a phone that comes back proves which one it was, also where an answer never came. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { freshPhone, practice, type Call } from "./browser.ts";
import { contract } from "./contracts.ts";
import { fromBase64 } from "../src/bytes.ts";
import { store } from "../src/outbox.ts";
import { join, setAside, strandedBy, takeUp, type About } from "../src/pairing.ts";
import { againText } from "../src/sign.ts";
import { keep, kept } from "../src/store.ts";
import type { Pairing } from "../src/shapes.ts";

const ABOUT: About = { name: "Ada’s phone", model: "", platform: "", imei: "", declared: { backup_off: true, updated: true } };
const CODE = { code: "7K3QF-9XW2M", mark: null };
const ANSWER = contract("pair").answer.body as Pairing;
const SPKI = [{ name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]] as const;

interface Claim { public_key: string; before?: { phone: string; signature: string; others: string[] } }
const said = (call: Call | undefined): Claim => JSON.parse(new TextDecoder().decode(call?.body)) as Claim;

/** Which of a claim's signatures fits a key the practice may know. */
async function proof({ public_key, before }: Claim, by: CryptoKey | string): Promise<number> {
  const key = typeof by === "string" ? await crypto.subtle.importKey("spki", fromBase64(by), ...SPKI) : by;
  const text = new TextEncoder().encode(againText(before?.phone ?? "", public_key));
  for (const [n, signature] of [before?.signature ?? "", ...(before?.others ?? [])].entries()) {
    if (await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, fromBase64(signature), text)) return n;
  }
  return -1;
}
const sealed = (): Promise<void> =>
  store(new Uint8Array(9), { id: "1", kind: "photo", sealed_at: "2026-11-22T04:42:05.000Z", ready: true });

test("a phone that never heard the answer proves itself by the key that it offered", async () => {
  const first = await freshPhone();
  await setAside();
  let calls = practice(() => null);
  assert.ok("failed" in (await join(CODE, ABOUT)));
  const offered = said(calls[0]);
  assert.equal(await proof(offered, first.keys.publicKey), 0);

  calls = practice(() => ({ status: 200, body: ANSWER }));
  const joined = await join(CODE, ABOUT);
  assert.equal(await proof(said(calls[0]), offered.public_key), 1);
  assert.ok("paired" in joined);
  await takeUp(joined.paired);
  assert.deepEqual([await kept("before"), await kept("offered")], [undefined, undefined]);
});

test("marks that differ set nothing up, and the phone can still prove which one it was", async () => {
  const first = await freshPhone();
  await setAside();
  let calls = practice(() => ({ status: 200, body: ANSWER }));
  assert.ok("paired" in (await join(CODE, ABOUT))); // and nobody says that they are the same
  assert.ok("failed" in (await join({ ...CODE, mark: "another" }, ABOUT)));
  const offered = calls.map(said);
  assert.equal(await kept("paired"), undefined);
  calls = practice(() => null);
  await join(CODE, ABOUT);
  assert.equal(await proof(said(calls[0]), first.keys.publicKey), 0);
  for (const { public_key } of offered) assert.ok(await proof(said(calls[0]), public_key) > 0);
});

test("a phone that is taken for another says so while it holds what only the first may send", async () => {
  await freshPhone();
  await setAside();
  practice(() => ({ status: 200, body: { ...ANSWER, phone_id: "0197a000-0000-7000-8000-0000000000f9" } }));
  const joined = await join(CODE, ABOUT);
  assert.ok("paired" in joined);
  assert.equal(await strandedBy(joined.paired), null);
  await sealed();
  assert.equal((await strandedBy(joined.paired))?.count, 1);
});

test("a phone that is added again goes on watching over the log it saw, and raises no false alarm", async () => {
  await freshPhone();
  const seen = { size: 3, root: "00" };
  await keep("checkpoint", seen);
  await setAside();
  practice(() => ({ status: 200, body: ANSWER }));
  const joined = await join(CODE, ABOUT);
  assert.ok("paired" in joined);
  await takeUp(joined.paired);
  assert.deepEqual([await kept("alarm"), await kept("checkpoint")], [undefined, seen]);
});

test("one that found the log wrong begins anew once it was stopped and added again", async () => {
  await freshPhone();
  await keep("checkpoint", { size: 3, root: "00" });
  await keep("alarm", "log");
  await setAside();
  assert.equal(await kept("alarm"), "log");
  practice(() => ({ status: 200, body: ANSWER }));
  const joined = await join(CODE, ABOUT);
  assert.ok("paired" in joined);
  await takeUp(joined.paired);
  assert.equal(await kept("alarm"), undefined);
  assert.notEqual((await kept("checkpoint"))?.root, "00");
});
