import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, newDraft } from "../src/draft.ts";
import * as shapes from "../src/shapes.ts";
import { requestText, pieceText } from "../src/sign.ts";
import { fromBase64, utf8 } from "../src/bytes.ts";
import { contract, read } from "./contracts.ts";

const parsers: Record<string, shapes.Parse<unknown>> = {
  pair: shapes.pairAnswer, config: shapes.configAnswer, home: shapes.homeAnswer,
  patients: shapes.patientsAnswer, patient: shapes.patientAnswer, consent: shapes.consentAnswer,
  showing: shapes.showingAnswer, shown: shapes.showingAnswer,
  "consent-other": shapes.refusalAnswer, "capture-announce": shapes.uploadAnswer,
  "capture-piece": shapes.uploadAnswer, "capture-wrong-offset": shapes.uploadAnswer,
  "capture-state": shapes.stateAnswer, "capture-refused": shapes.stateAnswer,
  beat: shapes.beatAnswer, whereabouts: shapes.whereaboutsAnswer, "self-check": shapes.emptyAnswer,
  declare: shapes.emptyAnswer, "hand-back": shapes.emptyAnswer,
  "refused-revoked": shapes.refusalAnswer, "refused-lost": shapes.refusalAnswer,
  "refused-sign-in": shapes.refusalAnswer,
};

for (const [name, parse] of Object.entries(parsers)) {
  test(`the answer of ${name} is read as the contract has it`, () => {
    assert.ok(parse(contract(name).answer.body, name));
  });
}

test("an answer that lacks a promised field is refused, and its place is named", () => {
  const body = structuredClone(contract("home").answer.body) as { today: { patient: { name?: string } }[] };
  delete body.today[0]?.patient.name;
  assert.throws(() => shapes.homeAnswer(body, "home"), /home\.today\[0\]\.patient\.name/);
});

test("a field of another type is refused without repeating what it held", () => {
  const body = { ...(contract("whereabouts").answer.body as object), in_record: "CANARY" };
  assert.throws(() => shapes.whereaboutsAnswer(body, "whereabouts"), (error: Error) => !error.message.includes("CANARY"));
});

test("a consent's body has exactly the fields of the contract", () => {
  const config = shapes.configAnswer(contract("config").answer.body, "config");
  const draft = newDraft("1968-03-12", config.settings, null, new Date());
  const body = bodyOf(draft, config, { patient: null, visit: null }, null, new Date());
  const agreed = contract("consent").request.body as object;
  assert.deepEqual(Object.keys(body).sort(), Object.keys(agreed).sort());
  assert.deepEqual(body.uses.map((use) => use.answer), config.uses.map(() => "not_asked"));
});

async function signedBy(name: string, text: string): Promise<boolean> {
  const spki = fromBase64((contract("pair").request.body as { public_key: string }).public_key);
  const kind = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("spki", spki, kind, false, ["verify"]);
  const signature = fromBase64(contract(name).request.headers["Safelight-Signature"] ?? "");
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, utf8(text));
}

for (const name of ["config", "home", "patients", "patient", "consent", "capture-announce", "beat"]) {
  test(`the signature of ${name} is over the text that we sign`, async () => {
    const { method, path, headers, body } = contract(name).request;
    const raw = body === undefined ? new Uint8Array() : utf8(JSON.stringify(body));
    const text = await requestText(method, path, Number(headers["Safelight-Time"]), raw);
    assert.ok(await signedBy(name, text));
    assert.ok(!(await signedBy(name, `${text} `)));
  });
}

test("the signature of a piece is over the capture and the announced hash", async () => {
  const id = contract("capture-piece").request.path.split("/").at(-1) ?? "";
  const said = contract("capture-announce").request.body as { sha256: string };
  assert.ok(await signedBy("capture-piece", pieceText(id, said.sha256)));
});

test("what is inside a capsule has the fields of the contract", () => {
  const inside = read("inside-capsule") as { header: object; photo: object; consent: object };
  assert.deepEqual(Object.keys(inside.header).sort(),
    ["capture", "key", "phone", "practice", "sealed_at", "size", "suite", "v"]);
});
