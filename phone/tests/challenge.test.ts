/** Challenge: the JSON of passkeys, for browsers that do not read it themselves. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { toBase64url } from "../src/bytes.ts";
import { answerOf, toMake, toSign } from "../src/challenge.ts";

const some = (...bytes: number[]): ArrayBuffer => Uint8Array.from(bytes).buffer;
const RP = { id: "practice.example", name: "Wattle Lane" };
const ASKED = {
  challenge: "-_8A", rpId: RP.id, timeout: 60_000, userVerification: "discouraged",
  allowCredentials: [{ id: "AQID", type: "public-key" as const }],
};
const TO_MAKE = {
  challenge: "-_8A", rp: RP, user: { id: "BAU", name: "ada", displayName: "Dr Ada" },
  pubKeyCredParams: [{ type: "public-key" as const, alg: -7 }],
  excludeCredentials: [{ id: "AQID", type: "public-key" as const }],
  authenticatorSelection: { residentKey: "discouraged" as const, userVerification: "preferred" as const },
};
const passkey = (response: object): PublicKeyCredential => ({
  id: "AQID", rawId: some(1, 2, 3), type: "public-key", authenticatorAttachment: "platform",
  response, getClientExtensionResults: () => ({ credProps: { rk: true } }),
}) as unknown as PublicKeyCredential;

test("a challenge to sign in comes as bytes, and always wants a finger, face or PIN", () => {
  const options = toSign(ASKED);
  assert.deepEqual(options.challenge, Uint8Array.of(0xfb, 0xff, 0));
  assert.deepEqual(options.allowCredentials, [{ id: Uint8Array.of(1, 2, 3), type: "public-key" }]);
  assert.deepEqual([options.rpId, options.timeout, options.userVerification], [RP.id, 60_000, "required"]);
  assert.deepEqual(toSign({ challenge: "AA" }).allowCredentials, []);
});

test("a passkey to make is found without a name, whatever the server forgot to ask", () => {
  const options = toMake(TO_MAKE);
  assert.deepEqual(options.user, { id: Uint8Array.of(4, 5), name: "ada", displayName: "Dr Ada" });
  assert.deepEqual([options.rp, options.pubKeyCredParams], [RP, TO_MAKE.pubKeyCredParams]);
  assert.deepEqual(options.excludeCredentials, [{ id: Uint8Array.of(1, 2, 3), type: "public-key" }]);
  assert.deepEqual(options.authenticatorSelection, { residentKey: "required", userVerification: "required" });
});

test("a signature is told as the server reads it, also one that names no user", () => {
  const signed = {
    clientDataJSON: some(1), authenticatorData: some(2), signature: some(0xfb, 0xff), userHandle: null,
  };
  const told = answerOf(passkey(signed));
  assert.deepEqual(told, {
    id: "AQID", rawId: "AQID", type: "public-key", clientExtensionResults: { credProps: { rk: true } },
    response: { clientDataJSON: "AQ", authenticatorData: "Ag", signature: "-_8", userHandle: null },
  });
  const named = answerOf(passkey({ ...signed, userHandle: some(4, 5) }));
  assert.equal((named.response as { userHandle: string }).userHandle, "BAU");
});

test("a new passkey is told with its attestation", () => {
  const attestation = crypto.getRandomValues(new Uint8Array(180));
  const told = answerOf(passkey({ clientDataJSON: some(1), attestationObject: attestation.buffer }));
  assert.deepEqual(told.response, { clientDataJSON: "AQ", attestationObject: toBase64url(attestation) });
});
