/** Passkey: the phone's own face, finger or PIN opens Safelight. There is no password of ours. */

import { fromBase64, toBase64url } from "./bytes.ts";
import { answerOf, toMake, toSign } from "./challenge.ts";
import { signInAsk, signInTell } from "./server.ts";
import { kept, keep } from "./store.ts";

const USER_VERIFIED = 4;

interface Answer {
  status?: number;
  data?: { request_options?: unknown; creation_options?: unknown; user?: unknown };
  errors?: { message?: string }[];
}
type Outcome = "done" | "refused" | "no_session";

const options = (value: unknown): unknown =>
  (value as { publicKey?: unknown } | undefined)?.publicKey ?? value;

function verified(credential: PublicKeyCredential): boolean {
  const data = (credential.response as AuthenticatorAssertionResponse).authenticatorData;
  return ((new Uint8Array(data)[32] ?? 0) & USER_VERIFIED) !== 0;
}

/** Sign in to the practice's server with a passkey; it checks the finger, face or PIN itself. */
export async function signIn(person: string | null): Promise<Outcome> {
  const start = await signInAsk("auth/webauthn/login");
  const asked = options((start.body as Answer | null)?.data?.request_options) as
    PublicKeyCredentialRequestOptionsJSON | undefined;
  if (!asked) return "refused";
  const known = person ? await kept("credential") : undefined;
  if (known && known.person === person) asked.allowCredentials = [{ id: known.id, type: "public-key" }];
  const credential = (await navigator.credentials.get({ publicKey: toSign(asked) })) as PublicKeyCredential | null;
  if (!credential) return "refused";
  const told = { credential: answerOf(credential) };
  const end = await signInTell("auth/webauthn/login", told, start.mark);
  if (end.status !== 200) return "refused";
  lastId = credential.id;
  return "done";
}

let lastId = "";
/** Remember which passkey opened the session, so that offline the same one opens the lock. */
export async function rememberPasskey(person: string): Promise<void> {
  if (lastId) await keep("credential", { id: lastId, person });
}

/** Ask for the finger, face or PIN without the server. It opens the screen, nothing else. */
export async function localCheck(rpId: string): Promise<boolean> {
  const known = await kept("credential");
  if (!known) return false;
  const credential = (await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rpId,
      userVerification: "required",
      allowCredentials: [{ id: fromBase64(known.id), type: "public-key" }],
    },
  })) as PublicKeyCredential | null;
  return credential !== null && credential.id === known.id && verified(credential);
}

/** Make a passkey on this phone for the person who is signed in by the pairing code. */
export async function addPasskey(name: string): Promise<Outcome | "exists"> {
  const path = "account/authenticators/webauthn?passwordless";
  const start = await signInAsk(path);
  if (start.status === 401) return "no_session";
  const asked = options((start.body as Answer | null)?.data?.creation_options) as
    PublicKeyCredentialCreationOptionsJSON | undefined;
  if (!asked) return "refused";
  let credential: PublicKeyCredential | null;
  try {
    credential = (await navigator.credentials.create({ publicKey: toMake(asked) })) as PublicKeyCredential | null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") return "exists";
    throw error;
  }
  if (!credential) return "refused";
  const end = await signInTell(path, { name, credential: answerOf(credential) }, start.mark);
  if (end.status !== 200) return "refused";
  lastId = toBase64url(new Uint8Array(credential.rawId));
  return "done";
}
