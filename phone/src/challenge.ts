/**
 * Challenge: what the server asks of a passkey and what the passkey answers, between JSON and bytes.
 *
 * By hand, as Safari reads and writes this JSON only from 18.4, and a passkey that a password manager
 * hands over may never (WebAuthn level 3, sections 5.1, 5.1.8 and 5.1.9).
 */

import { fromBase64, toBase64url } from "./bytes.ts";

const text = (bytes: ArrayBuffer): string => toBase64url(new Uint8Array(bytes));
const known = (list: readonly { id: string }[] = []): PublicKeyCredentialDescriptor[] =>
  list.map(({ id }) => ({ id: fromBase64(id), type: "public-key" }));

/** A challenge to sign in. The finger, face or PIN is asked for whatever the server says. */
export function toSign(asked: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  const { rpId, timeout } = asked;
  return {
    rpId, timeout, challenge: fromBase64(asked.challenge),
    allowCredentials: known(asked.allowCredentials), userVerification: "required",
  };
}

/** What a new passkey must be: found without a name, and given only to a finger, face or PIN. */
export function toMake(asked: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  const { rp, timeout, pubKeyCredParams } = asked;
  return {
    rp, timeout, pubKeyCredParams, challenge: fromBase64(asked.challenge),
    user: { ...asked.user, id: fromBase64(asked.user.id) },
    excludeCredentials: known(asked.excludeCredentials),
    attestation: asked.attestation as AttestationConveyancePreference | undefined,
    authenticatorSelection: {
      ...asked.authenticatorSelection, residentKey: "required", userVerification: "required",
    },
    extensions: { credProps: true },
  };
}

function responseOf({ response }: PublicKeyCredential): Record<string, string | null> {
  const clientDataJSON = text(response.clientDataJSON);
  if ("attestationObject" in response) {
    const made = response as AuthenticatorAttestationResponse;
    return { clientDataJSON, attestationObject: text(made.attestationObject) };
  }
  const signed = response as AuthenticatorAssertionResponse;
  return {
    clientDataJSON, authenticatorData: text(signed.authenticatorData), signature: text(signed.signature),
    userHandle: signed.userHandle && text(signed.userHandle),
  };
}

/** The passkey's answer, as the server reads it. */
export const answerOf = (credential: PublicKeyCredential): Record<string, unknown> => ({
  id: credential.id, rawId: text(credential.rawId), type: credential.type,
  response: responseOf(credential), clientExtensionResults: credential.getClientExtensionResults(),
});
