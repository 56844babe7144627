"""An authenticator in a few lines: it makes and signs with passkeys, and can be told to cheat."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2 import cbor

from safelight.people.phone_keys import from_unpadded, unpadded

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8000"
BASE = "/_allauth/browser/v1/"


@dataclass
class Authenticator:
    """One passkey on one device."""

    relying_party: str = "localhost"
    verifies: bool = True  # asks for finger, face or PIN, and says so truthfully
    id: bytes = field(default_factory=lambda: uuid4().bytes)
    user: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a registration."""
        public = options["publicKey"]
        self.user = from_unpadded(public["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big")}
        cose[-3] = numbers.y.to_bytes(32, "big")
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor.encode(cose)
        data = self._data(ATTESTED) + attested
        whole = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", public["challenge"])
        response = {"clientDataJSON": unpadded(client), "attestationObject": unpadded(whole)}
        return self._credential(response, {"credProps": {"rk": True}})

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a challenge."""
        data = self._data(0)
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        text = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": unpadded(client),
            "authenticatorData": unpadded(data),
            "signature": unpadded(self.key.sign(text, ec.ECDSA(hashes.SHA256()))),
            "userHandle": unpadded(self.user),
        }
        return self._credential(response, {})

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.relying_party.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": ORIGIN}).encode()

    def _credential(self, response: dict[str, Any], results: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": unpadded(self.id),
            "rawId": unpadded(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": results,
        }


def post(client: Client, path: str, told: Any) -> Any:
    """Post JSON as our scripts do."""
    return client.post(
        path,
        json.dumps(told),
        content_type="application/json",
        headers={"Accept": "application/json"},
    )


def join(client: Client, link: str, device: Authenticator) -> Any:
    """Go through a link with a device; returns the last answer."""
    token = link.partition("#")[2]
    opened = post(client, "/join/open", {"token": token})
    if opened.status_code != 200:
        return opened
    credential = device.make(opened.json()["options"])
    return post(
        client, "/join/finish", {"token": token, "credential": credential, "name": "Test device"}
    )


def answer(client: Client, path: str, device: Authenticator) -> Any:
    """Answer a sign-in or step-up challenge with a device; returns the last answer."""
    options = client.get(BASE + path).json()["data"]["request_options"]
    return post(client, BASE + path, {"credential": device.sign(options)})


def sign_in(client: Client, device: Authenticator) -> Any:
    """Sign in."""
    return answer(client, "auth/webauthn/login", device)


def confirm(client: Client, device: Authenticator) -> Any:
    """Step up."""
    return answer(client, "auth/webauthn/reauthenticate", device)
