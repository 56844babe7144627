/** Passkeys: ask the server for a challenge, the device for its answer, and hand the answer in. */

const BASE = "/_allauth/browser/v1/";

/** The server or the device said no. `message` and `remedy` are for people. */
export class Refused extends Error {
    constructor(message, remedy = "") {
        super(message);
        this.remedy = remedy;
    }
}

const NO = "The passkey was not accepted.";
const TRY = "Try again, and use your finger, face or PIN when the device asks.";

/** Send JSON to one of our own paths; a refusal becomes an exception with its words. */
export async function ask(path, { method = "GET", body, mark } = {}) {
    const headers = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (mark) headers["X-CSRFToken"] = mark;
    const sent = body ? JSON.stringify(body) : undefined;
    const answer = await fetch(path, { method, headers, body: sent, credentials: "same-origin" });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(told.message ?? NO, told.remedy ?? TRY);
    return { told, mark: answer.headers.get("Safelight-Csrf") ?? "" };
}

const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
        .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

/** Answer a sign-in or step-up challenge. */
async function signed({ publicKey }) {
    const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
    options.allowCredentials = known(publicKey.allowCredentials);
    const found = await device(navigator.credentials.get({ publicKey: options }));
    const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
    return plain(found, {
        authenticatorData: text(authenticatorData),
        clientDataJSON: text(clientDataJSON),
        signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
    });
}

/** Make a passkey that signs in by itself. */
export async function made({ publicKey }) {
    const options = { ...publicKey, challenge: bytes(publicKey.challenge) };
    options.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    options.excludeCredentials = known(publicKey.excludeCredentials);
    const found = await device(navigator.credentials.create({ publicKey: options }));
    const { attestationObject, clientDataJSON } = found.response;
    return plain(found, {
        attestationObject: text(attestationObject),
        clientDataJSON: text(clientDataJSON),
    });
}

const plain = (found, response) => ({
    id: found.id,
    rawId: text(found.rawId),
    type: found.type,
    response,
    clientExtensionResults: found.getClientExtensionResults(),
});

async function device(asked) {
    try {
        return await asked;
    } catch {
        throw new Refused("Your device did not give a passkey.", TRY);
    }
}

async function answered(path) {
    const { told, mark } = await ask(BASE + path);
    const credential = await signed(told.data.request_options);
    await ask(BASE + path, { method: "POST", body: { credential }, mark });
}

export const signIn = () => answered("auth/webauthn/login");
export const stepUp = () => answered("auth/webauthn/reauthenticate");

/** Add one more passkey for whoever is signed in. */
export async function addPasskey(name) {
    const path = BASE + "account/authenticators/webauthn";
    const { told, mark } = await ask(path);
    const credential = await made(told.data.creation_options);
    await ask(path, { method: "POST", body: { name, credential, passwordless: true }, mark });
}

/** Run an act from a button: one at a time, and say in words what went wrong. */
export async function run(button, said, act) {
    button.disabled = true;
    said.hidden = true;
    try {
        await act();
    } catch (error) {
        const words = error instanceof Refused ? [error.message, error.remedy] : [NO, TRY];
        said.textContent = words.filter(Boolean).join(" ");
        said.hidden = false;
    } finally {
        button.disabled = false;
    }
}
