import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64 } from "../src/bytes.ts";
import { extendsLog, letsGo, readCheckpoint, readReceipt, type Signed } from "../src/proofs.ts";
import { contract, read } from "./contracts.ts";

const pinned = contract("pair").answer.body as { receipt_key: string; audit_key: string; practice: { id: string } };
const receiptKey = fromBase64(pinned.receipt_key);
const auditKey = fromBase64(pinned.audit_key);
const receiptIn = (name: string): Signed => (contract(name).answer.body as { receipt: Signed }).receipt;
const item = {
  id: contract("capture-state").request.path.split("/").at(-1) ?? "",
  ...(contract("capture-announce").request.body as { size: number; sha256: string }),
};

test("a filed receipt for these very bytes lets the photo go", async () => {
  assert.ok(letsGo(await readReceipt(receiptKey, receiptIn("capture-state")), item));
});

test("a stored receipt does not let it go", async () => {
  const receipt = await readReceipt(receiptKey, receiptIn("capture-piece"));
  assert.equal(receipt?.state, "stored");
  assert.ok(!letsGo(receipt, item));
});

test("a receipt for another id, hash or size does not let it go", async () => {
  const receipt = await readReceipt(receiptKey, receiptIn("capture-state"));
  assert.ok(!letsGo(receipt, { ...item, id: "other" }));
  assert.ok(!letsGo(receipt, { ...item, sha256: "0".repeat(64) }));
  assert.ok(!letsGo(receipt, { ...item, size: item.size + 1 }));
});

test("a receipt with a changed text, signature or key is none", async () => {
  const { text, signature } = receiptIn("capture-piece");
  const forged = text.replace('"stored"', '"filed"');
  assert.notEqual(forged, text);
  assert.equal(await readReceipt(receiptKey, { text: forged, signature }), null);
  assert.equal(await readReceipt(receiptKey, { text, signature: signature.replace(/^./, (c) => (c === "A" ? "B" : "A")) }), null);
  assert.equal(await readReceipt(auditKey, { text, signature }), null);
  assert.equal(letsGo(null, item), false);
});

test("a checkpoint of this practice is read; another practice's or a forged one is none", async () => {
  const signed = (contract("beat").answer.body as { checkpoint: Signed }).checkpoint;
  assert.equal((await readCheckpoint(auditKey, signed, pinned.practice.id))?.size, 7);
  assert.equal(await readCheckpoint(auditKey, signed, "another"), null);
  assert.equal(await readCheckpoint(receiptKey, signed, pinned.practice.id), null);
  assert.equal(await readCheckpoint(auditKey, { ...signed, text: signed.text.replace("\n7\n", "\n8\n") }, pinned.practice.id), null);
});

interface Proof {
  first: number;
  second: number;
  old: string;
  new: string;
  proof: string[];
}
const { proofs } = read("consistency-proofs") as { proofs: Proof[] };
const flip = (hash: string): string => (hash.startsWith("0") ? "1" : "0") + hash.slice(1);

test("every true proof that the log only grew is accepted", async () => {
  for (const p of proofs) {
    assert.ok(await extendsLog({ size: p.first, root: p.old }, { size: p.second, root: p.new }, p.proof), `${p.first}-${p.second}`);
  }
});

test("every proof with one changed, missing or added hash is refused", async () => {
  let forged = 0;
  for (const p of proofs) {
    const old = { size: p.first, root: p.old };
    const fresh = { size: p.second, root: p.new };
    const attempts: [typeof old, typeof fresh, string[]][] = [
      [{ ...old, root: flip(p.old) }, fresh, p.proof],
      [old, { ...fresh, root: flip(p.new) }, p.proof],
      [old, fresh, [...p.proof, p.old]],
      ...p.proof.map((hash, i): [typeof old, typeof fresh, string[]] => [old, fresh, p.proof.with(i, flip(hash))]),
      ...p.proof.map((_, i): [typeof old, typeof fresh, string[]] => [old, fresh, p.proof.toSpliced(i, 1)]),
    ];
    for (const [a, b, proof] of attempts) {
      forged++;
      assert.ok(!(await extendsLog(a, b, proof)), `${p.first}-${p.second}`);
    }
  }
  assert.ok(forged > 300);
});

test("a proof for one size is none for a log four times as long", async () => {
  for (const p of proofs.filter((each) => each.first < each.second)) {
    assert.ok(!(await extendsLog({ size: p.first, root: p.old }, { size: p.second * 4, root: p.new }, p.proof)), `${p.first}-${p.second}`);
  }
});

test("a shorter log never extends a longer one", async () => {
  const p = proofs.find((each) => each.first === 3 && each.second === 7);
  assert.ok(p);
  assert.ok(!(await extendsLog({ size: p.second, root: p.new }, { size: p.first, root: p.old }, p.proof)));
});
